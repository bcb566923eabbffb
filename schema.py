"""The nouns of Sage Inspect: frozen, JSON-plain types that every folder shares.

Here stands what an inspection concludes and records (claims, findings, verdicts, traces); what it rests on (images,
boxes, comparisons, facts) stands in basis.py, and everybody imports that from here too.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .basis import (
    Box,
    Change,
    Comparison,
    ComparisonReport,
    Criterion,
    Fact,
    FactKind,
    FactSource,
    ImageRef,
    LimitedQuantity,
    Measured,
    Noun,
    RecalledFact,
    Region,
    Registration,
    told_change,
)

__all__ = [
    "TRACE_VERSION",
    "Box",
    "Change",
    "Check",
    "Claim",
    "Comparison",
    "ComparisonReport",
    "Criterion",
    "Defect",
    "Fact",
    "FactKind",
    "FactSource",
    "Finding",
    "ImageRef",
    "LimitedQuantity",
    "Measured",
    "Noun",
    "RecalledFact",
    "ReferenceUsed",
    "Region",
    "Registration",
    "Step",
    "Trace",
    "Verdict",
    "VerdictFact",
    "VerdictName",
    "told_change",
]

TRACE_VERSION = 1
"""Version of the trace's lines; a reader refuses a version it does not know by name."""

VerdictName = Literal["normal", "anomalous", "uncertain"]


class Claim(Noun):
    """One statement with what it rests on.

    Attributes:
        id: `C1` for region `R1` and so on, `CV` for the verdict, `CA` for the answer to the user's question.
        subject: what it is about: a region id, or `image`.
        defect: True where it asserts a defect, False where it denies one, None where it does neither.
        type: the defect's type as stated, or None.
        text: the sentence.
        regions, facts: cited ids (`R1`, `F3`), in order of citation.
    """

    id: str
    subject: str
    defect: bool | None
    type: str | None = None
    text: str
    regions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Finding(Noun):
    """What the examination of one region concluded.

    Attributes:
        region: the region's id.
        place: where it lies in the image, on a 3 x 3 grid, e.g. `upper left`.
        p_true: P(True) for "this region shows a defect", from the model's logits; None where there are none.
        familiar: False where the model does not know this kind of image; then `claim.type` is None.
        crop, reference_crop: what the model saw.
        answer: the model's words, as it said them.
        claim: what was read from them, bound to the evidence (agents/binding.py); `claim.defect` is None where they
            could not be parsed.
        overruled: id of the acceptance criterion that allows what the model called a defect, "" if none does.
        measured: the region's size, where an acceptance criterion limits one; () where none does.
    """

    region: str
    place: str
    p_true: float | None
    familiar: bool
    crop: ImageRef
    reference_crop: ImageRef | None = None
    answer: str
    claim: Claim
    overruled: str = ""
    measured: tuple[Measured, ...] = ()


class Check(Noun):
    """What a deterministic check found wrong (nothing is recorded for what is right).

    Attributes:
        name: the check, e.g. `uncited_claim`.
        scale: `claim`, `step` or `trace`.
        severity: `error` blocks a decisive verdict, `warning` is told.
        subject: the id of the claim, step or region it concerns.
        message: one line.
        step: id of the trace's step where it lies; "" while a run is still going on, and where it lies in none.
    """

    name: str
    scale: Literal["claim", "step", "trace"]
    severity: Literal["error", "warning"]
    subject: str
    message: str
    step: str = ""


class Defect(Noun):
    """A defect in a verdict. `box` is in pixels of the test image; `score` is P(defect) or the region's score."""

    type: str
    box: Box
    score: float
    claim: str
    facts: tuple[str, ...] = ()
    region: str


class VerdictFact(Noun):
    """A fact as the verdict lists it; `id` is the citation used in claims and answer."""

    id: str
    text: str
    source: FactSource
    score: float


class ReferenceUsed(Noun):
    """The golden image the verdict rests on and how it was chosen (`given`, `library`)."""

    digest: str
    chosen: Literal["given", "library"]
    name: str = ""
    count: int = 1


class Verdict(Noun):
    """The result of one inspection: the object that `inspect --json` prints.

    Attributes:
        probability: of anomalous, 0..1; None where nothing was measured that could say.
        probability_source: `p_true` (the model's logits), `p_value` (a / (a + p): conformal p read
            against the allowed false-alarm rate a, one half where they are equal), `comparison` (the
            comparison's own score, where neither of the others can be had), `criterion` (0: an acceptance criterion
            allows everything that the model called a defect), `review` (a person), or None.
        p_true: P(True) of the claim that decided, from the model's logits; None where the backend gives none.
        p_value: conformal p-value, None below two golden images.
        doubt: why the verdict is `uncertain`, or why a person should look; "" where nothing speaks against it.
        answer_p_true: P(True) of a yes/no answer to the user's question.
        reviewed: a person confirmed or corrected it.
        timings_ms: wall time by node (region branches added up).
        test: the image; None only in a trace of another agent that does not name it.
        run: folder of the run, or "" where nothing was written.
    """

    verdict: VerdictName
    probability: float | None
    probability_source: Literal["p_true", "p_value", "comparison", "criterion", "review"] | None
    p_true: float | None = None
    p_value: float | None = None
    defects: tuple[Defect, ...] = ()
    answer: str = ""
    answer_p_true: float | None = None
    question: str = ""
    object: str | None = None
    facts: tuple[VerdictFact, ...] = ()
    reference: ReferenceUsed | None = None
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
    doubt: str = ""
    reviewed: bool = False
    test: ImageRef | None = None
    model: str = ""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    run: str = ""


class Step(Noun):
    """One node's work in a trace.

    Attributes:
        id: `S1`, `S2`, ...; parents: ids of the steps it followed from (they precede it).
        node: the graph's node, e.g. `examine`; subject: the region of a region branch, else "".
        input, output: JSON-plain; images by digest.
        output_digest: sha256 of the canonical JSON of `output`, so that a later change shows.
        claims: what this step asserted.
        tokens: `{"input": n, "output": n}` of its model calls; calls: how many there were.
        started: UTC, ISO 8601; ms: wall time in milliseconds.
        error: one line where it failed, else "".
        extra: what another agent recorded and has no place here, as it was.
    """

    id: str
    node: str
    subject: str = ""
    parents: tuple[str, ...] = ()
    input: dict[str, Any] = Field(default_factory=dict)
    output: dict[str, Any] = Field(default_factory=dict)
    output_digest: str = ""
    claims: tuple[Claim, ...] = ()
    calls: int = 0
    tokens: dict[str, int] = Field(default_factory=dict)
    started: str = ""
    ms: float = 0.0
    error: str = ""
    extra: dict[str, Any] = Field(default_factory=dict)


class Trace(Noun):
    """A whole run as recorded: header, steps in order, verdict (None where the run did not end).

    Attributes:
        version: `TRACE_VERSION` at writing.
        source: the agent that left it: `sage-inspect`, or the importer's name (eval/importers).
        complete: False where the last line was cut off (a kill) or no verdict was written.
        extra: what another agent recorded and has no place here, as it was.
    """

    version: int = TRACE_VERSION
    run: str
    created: str = ""
    source: str = "sage-inspect"
    request: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    verdict: Verdict | None = None
    complete: bool = True
    extra: dict[str, Any] = Field(default_factory=dict)
