"""intake: decode safely, store by digest, find out what the object is and which golden image belongs to it."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from ...errors import BadInput
from ...images import ImageStore
from ...knowledge.golden import FAMILIAR, GoldenLibrary
from ...knowledge.objects import normal_name
from ...prompts import IDENTIFY_QUESTION, VERDICT_QUESTION, as_data
from ...schema import ImageRef
from ..policy import Policy
from ..speak import ask
from ..state import Images, InspectionState, dump


def intake(
    state: InspectionState, *, model: BaseChatModel, images: ImageStore, golden: GoldenLibrary, policy: Policy
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
    name, source = identify(
        test, references, given=state.get("object"), model=model, images=images, golden=golden, policy=policy
    )
    chosen = "given" if references else "none"
    if not references and name:
        references = [match.ref for match in golden.nearest(test, object=name, k=1)]
        chosen = "library" if references else "none"
    known: Images = {"test": dump(test), "references": [dump(r) for r in references], "chosen": chosen}
    return {**update, "images": known, "object": name, "object_source": source, "findings": []}


def _image(given: str | dict[str, Any]) -> str | ImageRef:
    """A path or digest as it is; a reference as JSON (what the Python face passes, it keeps the file's name)."""
    return given if isinstance(given, str) else ImageRef.model_validate(given)


def identify(
    test: ImageRef,
    references: list[ImageRef],
    *,
    given: str | None,
    model: BaseChatModel,
    images: ImageStore,
    golden: GoldenLibrary,
    policy: Policy,
) -> tuple[str | None, str]:
    """The object's name and where it came from: `given`, `golden`, `model` or `unknown` (then the name is None)."""
    if given and given.strip():
        return normal_name(given), "given"
    nearest = golden.nearest(test, k=1)
    if nearest and nearest[0].similarity >= FAMILIAR:
        return nearest[0].object, "golden"
    spoken = ask(model, images, [test, *references[:1]], IDENTIFY_QUESTION)
    unfamiliar = spoken.familiarity is not None and spoken.familiarity <= policy.familiar_above
    name = as_data(spoken.words, 40).strip(" .\"'")
    if unfamiliar or not name or name.lower().startswith(("unknown", "i ", "true", "false")):
        return None, "unknown"
    return normal_name(name), "model"
