"""What scoring a trace gives: one `Score` a metric, what was found wrong and where, the three axes (method.md, 4).

The metrics of a trace, all 0..1, None where there is nothing to measure (never 0; None is out of every mean):

| name | scale | 1 means | needs labels |
|---|---|---|---|
| identification | trace | the verdict is right and so are the types it names | yes |
| localization | trace | claimed boxes hit true defects, all of them and nothing else (IoU, pointing) | boxes or mask |
| detection | trace | share of true defects that some claimed box hits | boxes or mask |
| entailment | trace | the verdict follows from the claims when it is hidden | no |
| grounding | claim | cited ids were retrieved earlier in this trace, are unchanged, and speak of the claim | no |
| faithfulness | step | recorded results are what was digested, and claims agree with their own tool's result | no |
| consistency | claim | no two claims about one subject, or overlapping places, contradict each other | no |
| coverage | trace | everything that the verdict names or the comparison found was examined, with evidence | no |
| order | step | parents exist and precede, and no step uses what is made later | no |
| efficiency | step | no call is a repetition of an earlier one | no |
| heat | claim | claimed boxes lie where the comparison saw a difference; no statement about the truth | no |
| heat_map | claim | the same against the stored heat map (only where there is an image store) | no |

The first error is the earliest step with a `Check` of severity `error`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..schema import Check, Noun

Scale = Literal["claim", "step", "trace"]
Annotator = Literal["code", "model", "human"]


class Score(Noun):
    """One judgement.

    Attributes:
        name: the metric; scale: what it is a statement about.
        value: 0..1, or None where it could not be judged (unscored).
        reason: one line.
        subject: id of the claim or step, "" for the trace.
        evidence: ids of claims, steps, facts and regions that it rests on.
        annotator: who judged: `code` (a deterministic check), `model` (a judge), `human`.
    """

    name: str
    scale: Scale
    value: float | None = Field(default=None, ge=0, le=1)
    reason: str = ""
    subject: str = ""
    evidence: tuple[str, ...] = ()
    annotator: Annotator = "code"


class Usage(Noun):
    """What a trace cost: steps, model calls, tokens of both directions, wall seconds; and whether it abstained."""

    steps: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    abstained: bool = False


class TraceScore(Noun):
    """What one trace came to.

    Attributes:
        trace: the run's id; source: the agent that left it.
        outcome: `right` or `wrong` verdict against the label; `abstained` (uncertain); None without a label.
        right_for_wrong_reason: the outcome is right and an error lies in the process; None where no outcome is known.
        identification, localization, logic: the axes, 1..5, None where unscored (eval/anchors.py).
        scores: one a metric of the module's table, and what judges added.
        checks: what is wrong, each with the step where it lies.
        first_error: id of the earliest step with an error; None where there is none.
        usage: what it cost.
    """

    trace: str
    source: str = "sage-inspect"
    outcome: Literal["right", "wrong", "abstained"] | None = None
    right_for_wrong_reason: bool | None = None
    identification: float | None = Field(default=None, ge=1, le=5)
    localization: float | None = Field(default=None, ge=1, le=5)
    logic: float | None = Field(default=None, ge=1, le=5)
    scores: tuple[Score, ...] = ()
    checks: tuple[Check, ...] = ()
    first_error: str | None = None
    usage: Usage = Usage()

    @property
    def score(self) -> float | None:
        """S, 1..5: the mean of the axes that exist; None where none does."""
        axes = [a for a in (self.identification, self.localization, self.logic) if a is not None]
        return sum(axes) / len(axes) if axes else None

    def value(self, name: str) -> float | None:
        """A metric's value; None where it is unscored or not there."""
        return next((s.value for s in self.scores if s.name == name and not s.subject), None)
