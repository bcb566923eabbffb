"""The nouns of Sage Inspect: frozen, JSON-plain types that every folder shares.

Pixels are counted from the top left; a box is half-open, `[x1, y1, x2, y2)`, in pixels of the *test* image.
Scores and probabilities lie in 0..1. Images are never held here: an `ImageRef` names one by its digest.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

TRACE_VERSION = 1
"""Version of the trace's lines; a reader refuses a version it does not know by name."""

FactKind = Literal["identity", "normal", "defect", "appearance", "effect", "criterion"]
FactSource = Literal["curated", "expert", "generated"]
VerdictName = Literal["normal", "anomalous", "uncertain"]
Change = Literal["added", "missing", "altered"]


class Noun(BaseModel):
    """Base of the types below: immutable, and an unknown key is an error rather than silently lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(NamedTuple):
    """A half-open pixel rectangle `[x1, x2) x [y1, y2)`; JSON writes it as `[x1, y1, x2, y2]`."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def area(self) -> int:
        """Area in square pixels; 0 for an empty box."""
        return max(0, self.x2 - self.x1) * max(0, self.y2 - self.y1)

    @property
    def center(self) -> tuple[float, float]:
        """Centre `(x, y)` in pixels."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with `other`, 0..1 (0 where both are empty)."""
        inter = Box(max(self.x1, other.x1), max(self.y1, other.y1), min(self.x2, other.x2), min(self.y2, other.y2)).area
        union = self.area + other.area - inter
        return inter / union if union else 0.0


class ImageRef(Noun):
    """An image by digest.

    Attributes:
        sha256: hex digest of the stored bytes (for a file, what `sha256sum` prints).
        width, height: in pixels, after EXIF rotation.
        name: file name it came with, for people; not part of its identity.
    """

    sha256: str
    width: int
    height: int
    name: str = ""


class Region(Noun):
    """A place where the test image differs from the golden one.

    Attributes:
        id: `R1`, `R2`, ... by falling score, unique in one comparison.
        box: in pixels of the test image.
        score: strength of the difference, 0..1.
        change: `added` (something is there that the golden image lacks), `missing`, or `altered`.
        area: changed pixels inside the box.
        hint: what deterministic evidence suggests it is (e.g. `short`), never a verdict; "" if nothing does.
    """

    id: str
    box: Box
    score: float = Field(ge=0, le=1)
    change: Change = "altered"
    area: int = 0
    hint: str = ""


class Registration(Noun):
    """How the golden image was laid over the test image.

    Attributes:
        method: `identity`, `shift`, `affine`, `none` (could not be registered) ...
        confidence: 0..1, how well the two agree after it.
        dx, dy: translation in pixels; angle: degrees; scale: factor (all of golden -> test).
        comparable: False where the two do not look like the same object or view.
        note: one line for people, "" if there is nothing to say.
    """

    method: str
    confidence: float = Field(ge=0, le=1)
    dx: float = 0.0
    dy: float = 0.0
    angle: float = 0.0
    scale: float = 1.0
    comparable: bool = True
    note: str = ""


class Comparison(Noun):
    """What the comparison of a test image with its golden image(s) found.

    Attributes:
        test, references: the images; `references[0]` is the one the regions were cut from.
        aligned: the best golden image, warped into the test image's frame.
        score: 0 (identical) .. 1; the image's anomaly score.
        p_value: conformal p-value against the golden images (method.md section 6), None below two of them.
        regions: by falling score.
        registration: of `references[0]`.
        heatmap: 8-bit grey image of the test image's size.
    """

    test: ImageRef
    references: tuple[ImageRef, ...]
    aligned: ImageRef | None = None
    score: float = Field(ge=0, le=1)
    p_value: float | None = None
    regions: tuple[Region, ...] = ()
    registration: Registration
    heatmap: ImageRef | None = None


class ComparisonReport(Noun):
    """What `sage-inspect compare --json` prints: a `Comparison` with its pictures as files.

    Attributes:
        heatmap, overlay: paths of PNG files; the rest as in `Comparison`.
    """

    test: ImageRef
    references: tuple[ImageRef, ...]
    score: float = Field(ge=0, le=1)
    p_value: float | None = None
    regions: tuple[Region, ...] = ()
    registration: Registration
    heatmap: str
    overlay: str


class Fact(Noun):
    """One sentence about an object (method.md section 1).

    Attributes:
        id: its key in the store; derived from object and text, so that the same fact has the same id everywhere.
        text: one sentence.
        object: the object's name in lower case, e.g. `printed circuit board`.
        kind: what the sentence tells.
        source: `curated` (a person or a document), `expert` (a correction), `generated` (a model wrote it).
        allows: for a `criterion` fact: defect types that it declares acceptable, e.g. `("pin-hole",)`.
        origin: where it came from (`file.md#12`, `nano@3f2a`, a reviewer's name).
        digest: sha256 of `text`; a citation is only good while this stays the same.
    """

    id: str
    text: str
    object: str
    kind: FactKind
    source: FactSource = "curated"
    allows: tuple[str, ...] = ()
    origin: str = ""
    digest: str = ""


class RecalledFact(Noun):
    """A fact as one run saw it: `id` is the citation (`F1`, `F2`, ...), `fact.id` the store's key.

    Attributes:
        score: relevance to the object and the question, 0..1.
    """

    id: str
    fact: Fact
    score: float


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


class Check(Noun):
    """What a deterministic check found wrong (nothing is recorded for what is right).

    Attributes:
        name: the check, e.g. `uncited_claim`.
        scale: `claim`, `step` or `trace`.
        severity: `error` blocks a decisive verdict, `warning` is told.
        subject: the id of the claim, step or region it concerns.
        message: one line.
    """

    name: str
    scale: Literal["claim", "step", "trace"]
    severity: Literal["error", "warning"]
    subject: str
    message: str


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
        run: folder of the run, or "" where nothing was written.
    """

    verdict: VerdictName
    probability: float | None
    probability_source: Literal["p_true", "p_value", "comparison", "criterion", "review"] | None
    p_true: float | None = None
    p_value: float | None = None
    defects: tuple[Defect, ...] = ()
    answer: str
    answer_p_true: float | None = None
    question: str
    object: str | None = None
    facts: tuple[VerdictFact, ...] = ()
    reference: ReferenceUsed | None = None
    claims: tuple[Claim, ...] = ()
    checks: tuple[Check, ...] = ()
    doubt: str = ""
    reviewed: bool = False
    test: ImageRef
    model: str
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


class Trace(Noun):
    """A whole run as recorded: header, steps in order, verdict (None where the run did not end).

    Attributes:
        version: `TRACE_VERSION` at writing.
        complete: False where the last line was cut off (a kill) or no verdict was written.
    """

    version: int = TRACE_VERSION
    run: str
    created: str
    request: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    verdict: Verdict | None = None
    complete: bool = True
