"""Scoring predictions one by one: right or not, the paper's three axes, similarity to the reference, judge's grades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import Field

from ...answers import parse_answer
from ...errors import RunFailed
from ...schema import Noun
from ..answer_scale import score_answer
from .prediction import Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..judge.judge import Judge, Rating

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to unit vectors, float32 [n, dimension]."""

BATCH = 64


class AnswerScore(Noun):
    """One scored answer, a line of `answers.jsonl`. None is unscored, and out of every mean.

    Attributes:
        id, group, level, question, answer, truth: as in the prediction (`group`: what intervals are clustered by).
        right: whether True or False was right; None where the answer could not be read, or the truth is unknown.
        identification, localization, logic, score: by rule, 1..5 (eval/answer_scale.py); None where what the image
            shows is not told.
        similarity: cosine of the sentence embeddings of answer and reference, -1..1; None without either.
        judge_identification, judge_localization, judge_logic, judge_score: a judge's grades, 1..5. The mean exists only
            where every axis that the question has was graded.
        notes: why the rules took something off; judge_notes: what the judge said, or why there is no grade, by axis.
        judge_evidence: ids that it cites, by axis.
    """

    id: str
    group: str
    level: str
    question: str
    answer: str
    truth: bool | None
    right: bool | None = None
    identification: float | None = None
    localization: float | None = None
    logic: float | None = None
    score: float | None = None
    similarity: float | None = None
    judge_identification: float | None = None
    judge_localization: float | None = None
    judge_logic: float | None = None
    judge_score: float | None = None
    notes: tuple[str, ...] = ()
    judge_notes: dict[str, str] = Field(default_factory=dict)
    judge_evidence: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Judging:
    """A judge over many answers: after its endpoint has failed it is not asked again.

    Attributes:
        failure: what stopped it, None while it works; left: answers that were not judged for that reason.
        graded: axes that have a grade; fault: why the first one that was asked for has none.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.failure: RunFailed | None = None
        self.left = self.graded = 0
        self.fault = ""

    def __call__(self, prediction: Prediction) -> dict[str, Rating] | None:
        """The grades by axis; None where the judge has failed."""
        if self.failure is None:
            try:
                ratings = self._judge.rate_answer(prediction)
                self.graded += sum(r.grade is not None for r in ratings.values())
                self.fault = self.fault or next((r.reason for r in ratings.values() if r.asked and r.grade is None), "")
                return ratings
            except RunFailed as failed:
                self.failure = failed
        self.left += 1
        return None


def score_predictions(
    predictions: Iterable[Prediction], *, embed: Embed | None = None, judging: Judging | None = None
) -> Iterator[AnswerScore]:
    """Scored answers in their order; `BATCH` of them are held at once.

    Args:
        embed: for `similarity`; None leaves it out.
        judging: for the judge's grades; None leaves them out.
    """
    rest = iter(predictions)
    while batch := tuple(islice(rest, BATCH)):
        alike = _similarities(batch, embed) if embed else [None] * len(batch)
        for prediction, similarity in zip(batch, alike, strict=True):
            scored = score_prediction(prediction).model_copy(update={"similarity": similarity})
            ratings = judging(prediction) if judging else None
            yield scored.model_copy(update=_judged(prediction, ratings)) if ratings else scored


def score_prediction(prediction: Prediction) -> AnswerScore:
    """What rules can say of one answer."""
    value, truth = parse_answer(prediction.answer).value, prediction.truth
    told = AnswerScore(
        id=prediction.id, group=prediction.cluster, level=prediction.level, question=prediction.question,
        answer=prediction.answer, truth=truth, right=None if value is None or truth is None else value == truth,
    )  # fmt: skip
    known = prediction.scale_truth()
    if known is None:
        return told.model_copy(update={"notes": ("what the image shows, or the right answer, is not told",)})
    by_rule = score_answer(prediction.answer, known)
    return told.model_copy(
        update={
            "identification": by_rule.identification, "localization": by_rule.localization, "logic": by_rule.logic,
            "score": by_rule.score, "notes": by_rule.notes,
        }
    )  # fmt: skip


def _similarities(batch: Sequence[Prediction], embed: Embed) -> list[float | None]:
    both = [i for i, p in enumerate(batch) if p.reference.strip() and p.answer.strip()]
    found: list[float | None] = [None] * len(batch)
    if both:
        vectors = embed([batch[i].answer for i in both] + [batch[i].reference for i in both])
        for row, cosine in zip(both, (vectors[: len(both)] * vectors[len(both) :]).sum(axis=1), strict=True):
            found[row] = float(cosine)
    return found


def _judged(prediction: Prediction, ratings: dict[str, Rating]) -> dict[str, object]:
    grades = {axis: rating.grade for axis, rating in ratings.items()}
    placeless = prediction.shown is not None and not any(s.places for s in prediction.shown)
    wanted = ["identification", "logic"] + ["localization"] * (not placeless)
    known = [grades[a] for a in wanted if grades.get(a) is not None]
    whole = len(known) == len(wanted)
    return {f"judge_{axis}": grade for axis, grade in grades.items()} | {
        "judge_score": sum(g for g in known if g is not None) / len(known) if whole else None,
        "judge_notes": {axis: rating.told() for axis, rating in ratings.items()},
        "judge_evidence": {axis: rating.evidence for axis, rating in ratings.items() if rating.evidence},
    }
