"""What goes into the local engine and what comes out: plain data, free of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from PIL import Image

DEFAULT_MAX_NEW_TOKENS = 128
"""Answer length in tokens where neither the caller nor the model folder's sage.json says one."""


class Turn(NamedTuple):
    """One message as a local model reads it: its images come first, then its text.

    Attributes:
        role: who speaks.
        images: in prompt order (test image, then reference).
        text: one string; special-token strings in it are made harmless before it is tokenised.
    """

    role: Literal["system", "user", "assistant"]
    images: tuple[Image.Image, ...]
    text: str


@dataclass(frozen=True)
class Request:
    """One call of the local model.

    Attributes:
        turns: the conversation, oldest first.
        max_new_tokens: upper bound of the answer in tokens, >= 1.
        temperature: 0 takes the likeliest token; above 0 samples.
        seed: makes sampling repeatable; None draws a fresh one.
        stop: the answer ends before the first of these strings.
        on_text: called on the engine's thread with each new piece of text, for streaming; must not block.
    """

    turns: tuple[Turn, ...]
    max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS
    temperature: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    on_text: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Response:
    """The local model's answer.

    Attributes:
        text: without special tokens and without the stop string.
        logprobs: OpenAI's shape, `{"content": [{"token", "logprob", "top_logprobs": [{"token", "logprob"}, ...]}]}`,
            natural logarithms before temperature, for the first few tokens only.
        input_tokens: prompt length with image tokens, without padding.
        output_tokens: generated tokens, the end token included.
        familiarity: 0..1, small = unlike the images the model was trained on; None where the folder cannot say.
        finish_reason: `stop` (end token or stop string), `length`, or `cancelled`.
    """

    text: str
    logprobs: dict[str, Any] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    familiarity: float | None = None
    finish_reason: Literal["stop", "length", "cancelled"] = "stop"
