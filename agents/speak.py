"""One question to the model: images by reference in, words and what they mean out. No image bytes are returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

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
        familiarity: how usual the images are for it (0..1), None where it cannot say.
    """

    words: str
    answer: Answer
    p_true: float | None
    familiarity: float | None


def ask(model: BaseChatModel, store: ImageStore, refs: Sequence[ImageRef], text: str) -> Spoken:
    """Ask `model` about images (test first, then reference) and read its answer.

    Raises:
        RunFailed: the model's endpoint failed.
    """
    pictures = []
    for ref in refs:
        picture = store.open(ref)
        picture.thumbnail((WHOLE_IMAGE_SIDE, WHOLE_IMAGE_SIDE))
        pictures.append(picture)
    message = invoke_safely(model, [human(pictures, text)])
    words = message.text
    return Spoken(words, parse_answer(words), p_true(message), message.response_metadata.get("familiarity"))
