"""intake: decode safely, store by digest, find out what the object is and which golden image belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from ...errors import BadInput
from ...images import ImageStore
from ...knowledge.golden import FAMILIAR, GoldenLibrary
from ...knowledge.objects import normal_name
from ...models.familiarity import surprise
from ...models.windows import windows
from ...prompts import IDENTIFY_QUESTION, VERDICT_QUESTION, as_data
from ...schema import ImageRef
from ...tools.zoom import zoom
from ..speak import Spoken, ask, ask_each
from ..state import Images, InspectionState, dump
from ..view import reads_regions_only

AGREED = 0.85
"""Share of an image's windows that must show the model the same object for it to name defects there."""


class Known(NamedTuple):
    """What the image shows.

    Attributes:
        object: its name, None where nobody knows it.
        familiar: the model knows such images at all: what it says of a difference counts.
        recognised: it knows the object too: the types it names count.
    """

    object: str | None
    familiar: bool
    recognised: bool


def intake(
    state: InspectionState, *, model: BaseChatModel, images: ImageStore, golden: GoldenLibrary
) -> dict[str, Any]:
    """Store the images, name the object, choose the golden image.

    The object's name is the one given, else that of the nearest golden images, else what the model says where it
    knows this kind of image, else unknown. The golden image is the one given, else the library's nearest of this
    object, else none (zero-shot).

    Raises:
        BadInput: an image cannot be read, or the question is empty.
    """
    question = state.get("question")
    if question is not None and not question.strip():
        raise BadInput("question", "it is empty", "ask something, or leave it out to ask for a verdict")
    update: dict[str, Any] = {"question": question or VERDICT_QUESTION, "checks": [], "repairs": 0, "correction": None}
    if state.get("images"):
        return update  # a follow-up question: the images are known
    test = images.put(_image(state["test"]))
    references = [images.put(_image(r)) for r in state.get("references") or ()]
    given, near = (state.get("object") or "").strip(), golden.nearest(test, k=1)
    named = normal_name(given) if given else near[0].object if near and near[0].similarity >= FAMILIAR else None
    known = recognise(test, references, named, model=model, images=images)
    source = "given" if given else "golden" if named else "model" if known.object else "unknown"
    chosen = "given" if references else "none"
    if not references and known.object:
        references = [match.ref for match in golden.nearest(test, object=known.object, k=1)]
        chosen = "library" if references else "none"
    stored: Images = {"test": dump(test), "references": [dump(r) for r in references], "chosen": chosen}
    found = {
        "object": known.object,
        "object_source": source,
        "familiar": known.familiar,
        "recognised": known.recognised,
    }
    return {**update, **found, "images": stored, "findings": []}


def _image(given: str | dict[str, Any]) -> str | ImageRef:
    """A path or digest as it is; a reference as JSON (what the Python face passes, it keeps the file's name)."""
    return given if isinstance(given, str) else ImageRef.model_validate(given)


def recognise(
    test: ImageRef, references: list[ImageRef], named: str | None, *, model: BaseChatModel, images: ImageStore
) -> Known:
    """What the image shows, as far as the model can tell.

    A model that reads crops looks at a grid of windows. The image is familiar where they are, taken together, no more
    surprising than images of its world; it recognises the object where nearly all of them show the same one. Any other
    model is asked about the whole image, unless the name is known already.
    """
    if reads_regions_only(model):
        views = [[zoom(test, box, images=images)] * 2 for box in windows(images.array(test))]
        spoken = ask_each(model, images, views, IDENTIFY_QUESTION)
        votes = Counter(name for s in spoken if s.familiar and (name := _name(s.words)))
        name, count = votes.most_common(1)[0] if votes else (None, 0)
        familiar = not surprised(model, spoken)
        # A thing it never saw may look in its parts like things it knows, but its parts then look like several.
        recognised = familiar and count >= AGREED * len(spoken)
        return Known(named or (name if recognised else None), familiar, recognised)
    if named:
        return Known(named, familiar=True, recognised=True)
    answer = ask(model, images, [test, *references[:1]], IDENTIFY_QUESTION)
    return Known(_name(answer.words) if answer.familiar else None, answer.familiar, answer.familiar)


def surprised(model: BaseChatModel, spoken: Sequence[Spoken]) -> bool:
    """Whether an image's windows, taken together, are none of the model's world."""
    limit = getattr(model, "surprise_limit", None)
    told = [s.familiarity for s in spoken if s.familiarity is not None]
    return limit is not None and bool(told) and surprise(told) > limit


def _name(words: str) -> str | None:
    """A model's answer as an object's name, None where it is none."""
    name = as_data(words, 40).strip(" .\"'")
    return None if not name or name.lower().startswith(("unknown", "i ", "true", "false")) else normal_name(name)
