"""`Judge`: one axis a call, strict replies, repeats with their spread, cached by content.

Unscored (None) is everything that the judge does not plainly grade: replies that do not fit (`reply.py`), fewer than
half of the repeats readable, material that is too long or that the model refuses. Failures of the endpoint are
raised; what was graded before is in the cache, so the same call goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ...errors import BadInput, RunFailed, SageInspectError
from ...schema import Trace
from ..calibration import Mapping
from ..predictions.prediction import Prediction
from ..scores import Score, TraceScore
from .cache import Replies, key_of
from .material import Material, answer_material, trace_material
from .prompts import AXES, JUDGE_PROMPTS_VERSION, grade_prompt
from .reply import Unread, read_grade

Invoke = Callable[..., BaseMessage]
"""`(model, messages, **options) -> AIMessage`; what it raises as RunFailed stops the judging."""

_REFUSED = (400, 413, 422)
"""HTTP states that refuse one request, e.g. one beyond the context length, and say nothing about the next."""


@dataclass(frozen=True)
class Rating:
    """One axis of one thing.

    Attributes:
        grade: 1..5, the mean of the repeats that count (and mapped, where the judge is calibrated); None: unscored.
        grades: of the repeats that count; asked: how many repeats there were.
        reason: of the first repeat that counts; why there is no grade, where there is none.
        evidence: ids that the repeats cite, as they are in what was judged.
    """

    grade: float | None
    grades: tuple[int, ...]
    asked: int
    reason: str
    evidence: tuple[str, ...] = ()

    @property
    def spread(self) -> int | None:
        """Highest minus lowest grade of the repeats; None below two."""
        return max(self.grades) - min(self.grades) if len(self.grades) > 1 else None

    def told(self) -> str:
        """The reason, and what the repeats said where there were several."""
        if self.asked == 1 or not self.grades:
            return self.reason
        return f"{self.reason} (repeats {' '.join(map(str, self.grades))} of {self.asked}, spread {self.spread or 0})"


class Judge:
    """A model that grades answers and traces; a callable `(Trace, TraceScore) -> Iterator[Score]` for `score_trace`.

    Args:
        model: any LangChain chat model.
        axes: some of `prompts.AXES`.
        repeats: calls an axis. At temperature 0 they may all say the same.
        temperature: handed to each call; None leaves the model's own.
        cache: folder of replies; None keeps none.
        invoke: how the model is called; None takes `model.invoke`, and any failure as RunFailed.
        calibration: by axis, how grades are mapped to people's (`eval/calibration.py`).

    Attributes:
        calls: calls that were made, not counting what the cache knew.

    Raises:
        ValueError: an unknown axis, or no repeat.
        RunFailed: (from a call) the model's endpoint fails.
    """

    def __init__(
        self,
        model: BaseChatModel,
        *,
        axes: Sequence[str] = AXES,
        repeats: int = 1,
        temperature: float | None = None,
        cache: Path | None = None,
        invoke: Invoke | None = None,
        calibration: dict[str, Mapping] | None = None,
    ) -> None:
        unknown = [a for a in axes if a not in AXES]
        if unknown or repeats < 1:
            raise ValueError(f"unknown axis {unknown[0]!r}" if unknown else f"{repeats} repeats")
        self.axes, self.repeats, self.calls = tuple(axes), repeats, 0
        self._model, self._invoke = model, invoke or _invoke
        self._options: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
        self._replies, self._calibration = Replies(cache), calibration or {}
        self.name = identity(model)

    def __call__(self, trace: Trace, score: TraceScore | None = None) -> Iterator[Score]:
        """One score an axis, named `judge_<axis>`, (grade - 1) / 4; what the checks found is not shown to the judge."""
        material = trace_material(trace)
        for axis in self.axes:
            rating = self.rate(material, axis)
            value = None if rating.grade is None else (rating.grade - 1) / 4
            yield Score(
                name=f"judge_{axis}", scale="trace", value=value, reason=rating.told(), evidence=rating.evidence,
                annotator="model",
            )  # fmt: skip

    def rate_answer(self, prediction: Prediction) -> dict[str, Rating]:
        """Every axis of one answer.

        Not judged are an answer without words, and identification or localization where nothing is known to be true;
        localization does not exist where the truth has no places (method.md, 4).
        """
        material = answer_material(prediction)
        return {axis: self._without_call(prediction, axis) or self.rate(material, axis) for axis in self.axes}

    def rate(self, material: Material, axis: str) -> Rating:
        """One axis of one thing: `repeats` calls, or what the cache knows of them."""
        if material.too_long:
            return Rating(None, (), 0, material.too_long)
        system, user, case = grade_prompt(material.kind, axis, material.lines)
        grades, faults = [], []
        for repeat in range(self.repeats):
            try:
                grades.append(read_grade(self.reply(system, user, repeat), case, material.ids))
            except Unread as fault:
                faults.append(str(fault))
        if 2 * len(grades) <= self.repeats:
            why = f"unscored: {faults[0]}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")
            return Rating(None, tuple(g.score for g in grades), self.repeats, why)
        mean = sum(g.score for g in grades) / len(grades)
        mapping = self._calibration.get(axis)
        cited = dict.fromkeys(material.ids[i] for g in grades for i in g.evidence)
        return Rating(
            mapping.apply(mean) if mapping else mean, tuple(g.score for g in grades), self.repeats,
            grades[0].reason, tuple(cited),
        )  # fmt: skip

    def reply(self, system: str, user: str, repeat: int = 0) -> str:
        """The model's words, from the cache or from the model.

        Raises:
            Unread: the model refuses this very request. RunFailed: it fails.
        """
        key = key_of(self.name, JUDGE_PROMPTS_VERSION, system, user, str(self._options), str(repeat))
        known = self._replies.get(key)
        if known is not None:
            return known
        self.calls += 1
        try:
            told = self._invoke(self._model, [SystemMessage(system), HumanMessage(user)], **self._options)
        except BadInput as refused:
            raise Unread(f"the model cannot take it ({refused.why})") from None
        except RunFailed as failed:
            if getattr(failed.__cause__, "status_code", None) in _REFUSED:
                raise Unread(f"the model refuses it ({failed.why})") from None
            raise
        words = str(told.text)
        self._replies.put(key, words, model=self.name, prompts=JUDGE_PROMPTS_VERSION)
        return words

    @staticmethod
    def _without_call(prediction: Prediction, axis: str) -> Rating | None:
        if not prediction.answer.strip():
            return Rating(None, (), 0, "there is no answer")
        if axis == "localization" and prediction.shown is not None and not any(s.places for s in prediction.shown):
            return Rating(None, (), 0, "the image has no place to name")
        known = (prediction.shown is not None, bool(prediction.reference), prediction.truth is not None)
        if (axis == "identification" and not any(known)) or (axis == "localization" and not any(known[:2])):
            return Rating(None, (), 0, "nothing is known to judge it by")
        return None


def identity(model: BaseChatModel) -> str:
    """A model for cache keys and reports: class, name with digest, address, temperature; never a key."""
    parts = [type(model).__name__]
    for name in ("model_name", "model", "model_id", "openai_api_base", "base_url", "temperature", "seed"):
        value = getattr(model, name, None)
        if isinstance(value, str | int | float) and str(value):
            parts.append(str(value).rpartition("@")[2] if "://" in str(value) else str(value))
    return " ".join(dict.fromkeys(parts))


def _invoke(model: BaseChatModel, messages: list[BaseMessage], **options: Any) -> BaseMessage:
    try:
        return model.invoke(messages, **options)
    except SageInspectError:
        raise
    except Exception as error:  # any client's own
        line = " ".join(str(error).split())[:200]
        why = f"the call failed ({type(error).__name__}: {line})"
        raise RunFailed(f"judge {identity(model)}", why, "see that it is there, and run it again") from error
