"""One question to the model: images by reference in, words and what they mean out. No image bytes are returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage

from ..answers import Answer, parse_answer
from ..images import ImageStore
from ..models.loading import invoke_safely
from ..models.messages import human
from ..models.probability import p_true
from ..schema import ImageRef

WHOLE_IMAGE_SIDE = 1024
"""Longer side to which whole images are scaled for a model, in pixels (crops are small already)."""


class Spoken(NamedTuple):
    """What a model said.

    Attributes:
        words: as it said it; answer: as read by the grammar.
        p_true: P(True) from its logits, None where the backend gives none.
        familiarity: how usual the images are for it, 0..1; None where it cannot say.
        familiar: False where it says that such images are not what it was trained on; then its words mean nothing.
    """

    words: str
    answer: Answer
    p_true: float | None
    familiarity: float | None
    familiar: bool


def ask(model: BaseChatModel, store: ImageStore, refs: Sequence[ImageRef], text: str) -> Spoken:
    """Ask `model` about images (test first, then reference) and read its answer.

    Raises:
        RunFailed: the model's endpoint failed.
    """
    return _read(model, invoke_safely(model, [_message(store, refs, text)]))


def ask_each(model: BaseChatModel, store: ImageStore, views: Sequence[Sequence[ImageRef]], text: str) -> list[Spoken]:
    """Ask the same about several views at once (a local model answers them in one batch)."""
    messages = model.batch([[_message(store, refs, text)] for refs in views])
    return [_read(model, message) for message in messages]


def _message(store: ImageStore, refs: Sequence[ImageRef], text: str) -> HumanMessage:
    pictures = []
    for ref in refs:
        picture = store.open(ref)
        picture.thumbnail((WHOLE_IMAGE_SIDE, WHOLE_IMAGE_SIDE))
        pictures.append(picture)
    return human(pictures, text)


def _read(model: BaseChatModel, message: AIMessage) -> Spoken:
    familiarity = message.response_metadata.get("familiarity")
    # A model that cannot say how usual an image is for it (an endpoint, a large model) is taken at its word.
    familiar = familiarity is None or familiarity > getattr(model, "familiarity_threshold", 0.0)
    return Spoken(message.text, parse_answer(message.text), p_true(message), familiarity, familiar)
