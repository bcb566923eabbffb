"""The process score: from the trace alone, without a label, how far its verdict is to be believed, 0..1.

The mean, with equal weights that were set beforehand and are fitted to nothing, of

| part | what it asks | 1 means |
|---|---|---|
| decisiveness | how far from undecided is the verdict's probability? | 0 or 1; 0 where it is one half |
| confidence | how sure did the steps say they were, above a coin (2c - 1, mean)? | all of them fully |
| steadiness | how far did a line's probability move on its way? | not at all (1 - range, mean over lines) |
| entailment | hide the verdict: do the claims say the same? | every claim of every line supports it (mean over lines) |
| corroboration | do independent lines tell of the same things? | the words of the one's claims are the other's |

Two lines that agree on "anomalous" for different reasons do not corroborate each other: one saw a crack and the other a
stain. A part that a trace gives nothing for is unscored and out of the mean; a trace without a decided verdict, or with
nothing but a probability, is unscored altogether. The score orders traces; it is no probability.

What a step contributes: `output["probability"]` (of anomalous), `output["confidence"]` (0..1), its claims. What does
not count: length, number of steps or tools, labels, and anything in `extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations

from ..schema import Claim, Step, Trace
from .lines import Line, lines_of
from .scores import Score

PARTS = ("decisiveness", "confidence", "steadiness", "entailment", "corroboration")
NAME = "process"
ENDS = 2
"""Steps at a line's end whose claims are compared with another line's: what it came to, not its first thought."""

_WORD = re.compile(r"[a-z]{4,}")
_ENDING = re.compile(r"(?:ing|ed|es|s|ly)$")
_EMPTY = frozenset(
    """this that these those with from does have been than such same there where which while whereas into more only they
    their also other such clear clearly distinct image images query reference references normal present absent visible
    show shows displays display contains contain appears consistent compared comparison confirms confirmed side feature
    features region area object unique anomaly anomalous defect defects signs observed provided shown test inspected
    golden sample samples""".split()  # noqa: SIM905
)


def process_parts(trace: Trace) -> dict[str, float | None]:
    """Each part's value, 0..1, None where the trace gives nothing for it; all None without a decided verdict."""
    verdict = trace.verdict
    if verdict is None or verdict.verdict == "uncertain":
        return dict.fromkeys(PARTS)
    anomalous, lines = verdict.verdict == "anomalous", lines_of(trace)
    return {
        "decisiveness": None if verdict.probability is None else 2 * abs(verdict.probability - 0.5),
        "confidence": _mean(max(0.0, 2 * c - 1) for s in trace.steps if (c := told(s, "confidence")) is not None),
        "steadiness": _mean(1 - move for line in lines if (move := _moved(line)) is not None),
        "entailment": _mean(share for line in lines if (share := _support(line, anomalous)) is not None),
        "corroboration": _corroboration(lines, anomalous),
    }


def process_score(trace: Trace) -> Score:
    """The process score of a trace whose claims were read; None where fewer than two parts could be scored."""
    parts = {k: v for k, v in process_parts(trace).items() if v is not None}
    reason = ", ".join(f"{k} {v:.2f}" for k, v in parts.items()) or "no decided verdict"
    if len(parts) < 2:
        return Score(name=NAME, scale="trace", value=None, reason=f"too little to go by: {reason}")
    return Score(name=NAME, scale="trace", value=min(1.0, sum(parts.values()) / len(parts)), reason=reason)


def told(step: Step, key: str) -> float | None:
    """A step's own `probability` or `confidence`, None where it tells none in 0..1 (NaN is none)."""
    value = step.output.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        return None
    return float(value)


def supporting(steps: Iterable[Step], anomalous: bool) -> list[Claim]:
    """The claims of some steps that support the verdict."""
    return [c for s in steps for c in s.claims if c.defect is anomalous]


def content(claims: Iterable[Claim]) -> set[str]:
    """Content words of some claims, without their endings."""
    return {_ENDING.sub("", w) for c in claims for w in _WORD.findall(c.text.lower()) if w not in _EMPTY}


def _moved(line: Line) -> float | None:
    """Range of the probabilities along a line; None where it tells none."""
    passed = [p for step in line if (p := told(step, "probability")) is not None]
    return max(passed) - min(passed) if passed else None


def _support(line: Line, anomalous: bool) -> float | None:
    """Share of a line's claims that support the verdict; None where it claims nothing."""
    said = [c.defect is anomalous for s in line for c in s.claims if c.defect is not None]
    return sum(said) / len(said) if said else None


def _corroboration(lines: tuple[Line, ...], anomalous: bool) -> float | None:
    """Mean over pairs of lines: share of the shorter one's words that both use; 0 where one supports nothing."""
    said = [content(supporting(line[-ENDS:], anomalous)) for line in lines if any(s.claims for s in line)]
    return _mean(len(a & b) / min(len(a), len(b)) if a and b else 0.0 for a, b in combinations(said, 2))


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
