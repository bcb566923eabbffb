"""What one run of the ablation is worth: its model answers the held-out questions, and the answers are scored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from ...eval.answer_scale import score_answer
from ...images import decode
from ...models.engine import LocalEngine
from ...models.probability import p_true
from ...models.request import Request, Response, Turn
from .questions import HeldQuestion

TOKENS = 64
"""Longest answer in tokens."""
_AT_ONCE = 64
_BATCH = 32


class Told(BaseModel):
    """How one question was answered.

    Attributes:
        id: of the question.
        p_true: P(True) at the first token; None where that is no yes or no.
        right: whether P(True) is on the right side of 1/2; None with `p_true`.
        words: the answer, greedy; None where only its first token was asked for.
        score: S of eval/answer_scale.py, 1..5; None where there are no words, or they could not be read.
    """

    id: str
    p_true: float | None
    right: bool | None
    words: str | None = None
    score: float | None = None


class Result(BaseModel):
    """What is kept of a run (`result.json` in its folder).

    Attributes:
        model: name and content of the model (`models.folder.identity`).
        steps, seconds: of its training, without the stage before (CPU time on a CPU, else wall time); `loss`: the
            mean over its last tenth.
        measured: seconds of wall time that the questions took.
        told: one a question.
    """

    model: str
    steps: int
    seconds: float
    loss: float | None
    measured: float
    told: list[Told]

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(self.model_dump_json(exclude_none=True) + "\n", encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> Result | None:
        """What a file tells, or None where there is none that can be read."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            data["told"] = [{"p_true": None, "right": None, **one} for one in data["told"]]
            return cls.model_validate({"loss": None, **data})
        except (OSError, ValueError, KeyError, TypeError):
            return None


def finished(path: Path, questions: Sequence[HeldQuestion]) -> Result | None:
    """The result in `path` where it answers exactly these questions, in their order; else None: ask (again)."""
    found = Result.load(path)
    return found if found is not None and [t.id for t in found.told] == [q.id for q in questions] else None


def answer_all(
    folder: Path, questions: Sequence[HeldQuestion], *, facts: bool, written: frozenset[str], device: str
) -> tuple[str, list[Told]]:
    """The model's identity and its answers, in order; through the engine, as inference asks.

    Args:
        folder: the model.
        facts: the prompts hold facts.
        written: ids of the questions that are answered in words as well.
        device: of the recipe.
    """
    engine = LocalEngine(folder, device=device, max_batch=_BATCH)
    try:
        found: dict[str, Told] = {}
        for words in (False, True):
            part = [q for q in questions if (q.id in written) == words]
            for begin in range(0, len(part), _AT_ONCE):
                chunk = part[begin : begin + _AT_ONCE]
                waiting = [_ask(engine, q, facts, TOKENS if words else 1) for q in chunk]
                for question, future in zip(chunk, waiting, strict=True):
                    found[question.id] = _judge(question, future.result(), facts, words)
        return engine.name, [found[q.id] for q in questions]
    finally:
        engine.close()


def choose_written(questions: Sequence[HeldQuestion], count: int) -> frozenset[str]:
    """Ids of `count` questions of a set, the same for all runs."""
    order = np.random.default_rng(9).permutation(len(questions))
    return frozenset(questions[i].id for i in order[:count])


def _ask(engine: LocalEngine, question: HeldQuestion, facts: bool, tokens: int) -> Future[Response]:
    images = tuple(decode(path.read_bytes(), str(path)) for path in question.images)
    prompt, _ = question.as_asked(facts)
    return engine.submit(Request((Turn("user", images, prompt),), max_new_tokens=tokens))


def _judge(question: HeldQuestion, response: Response, facts: bool, words: bool) -> Told:
    _, truth = question.as_asked(facts)
    chance = p_true(AIMessage("", response_metadata={"logprobs": response.logprobs}))
    right = None if chance is None else (chance > 0.5) == truth.value
    told = Told(id=question.id, p_true=chance, right=right)
    if not words:
        return told
    score = score_answer(response.text, truth).score
    return told.model_copy(update={"words": response.text, "score": score})
