"""A scripted chat model (for what the graph does with answers) and a small drawn pair with real differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from sage_inspect.agents.stores import open_stores


class Scripted(BaseChatModel):
    """Says what `script(text)` says: words, and P(True) or None for a backend without logits."""

    script: Callable[[str], Any]
    familiarity: float | None = None
    familiarity_threshold: float = 0.01
    regions_only: bool = False
    asked: list = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        text = next(block["text"] for block in reversed(messages[-1].content) if block["type"] == "text")
        self.asked.append(text)
        said = self.script(text)
        words, p = said if isinstance(said, tuple) else (said, None)
        metadata: dict[str, Any] = {"familiarity": self.familiarity}
        if p is not None:
            top = [{"token": "True", "logprob": math.log(p)}, {"token": "False", "logprob": math.log(1 - p)}]
            metadata["logprobs"] = {"content": [{"token": words.split(".")[0], "logprob": 0.0, "top_logprobs": top}]}
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        message = AIMessage(content=words, response_metadata=metadata, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


def sound(text: str):
    """Answers as a sound model would: every region a short, the verdict accordingly."""
    if "Answer with its name only" in text:
        return "printed circuit board"
    if "write: unknown" in text:
        return "unknown"
    if "Does region [" in text:
        region = text.split("Does region [")[1].split("]")[0]
        fact = next(
            (line[1:].split("]")[0] for line in text.splitlines() if "short" in line.lower() and line[0] == "["), ""
        )
        return f"True. Short: extra copper joins two conductors [{region}]" + (
            f" [{fact}]." if fact.startswith("F") else "."
        ), 0.97
    if "No findings." in text:
        return "False. No defect: the part agrees with its golden image.", 0.02
    return "True. Short: two conductors are joined [R1].", 0.97


@pytest.fixture
def scripted():
    """Makes a scripted model: `scripted(script, familiarity=..., regions_only=...)`."""

    def make(script=sound, **options) -> Scripted:
        return Scripted(script=script, asked=[], **options)

    return make


@pytest.fixture
def stores(seeded_home):
    """Stores in the test's home, with the starter facts."""
    return open_stores()


@pytest.fixture
def pair():
    """A golden board of four conductors and a test image in which the first two are joined."""
    golden = np.full((200, 240), 255, np.uint8)
    for x in (30, 80, 130, 180):
        golden[10:190, x : x + 16] = 0
    test = golden.copy()
    test[90:104, 44:84] = 0
    return test, golden
