"""What an inspection rests on: images and boxes in them, what a comparison found, facts. Imported from schema.py.

Pixels are counted from the top left; a box is half-open, `[x1, y1, x2, y2)`, in pixels of the *test* image.
Scores and probabilities lie in 0..1. Images are never held here: an `ImageRef` names one by its digest.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

FactKind = Literal["identity", "normal", "defect", "appearance", "effect", "criterion"]
FactSource = Literal["curated", "expert", "generated"]
Change = Literal["added", "missing", "altered", "moved"]
LimitedQuantity = Literal["length", "breadth", "width", "height", "area", "count"]
Unit = Literal["", "px", "mm", "px2", "mm2"]


class Noun(BaseModel):
    """Base of all types: immutable, and an unknown key is an error rather than silently lost."""

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
        change: `added` (something is there that the golden image lacks), `missing`, `altered`, or `moved` (a part that
            the golden image has elsewhere); then `box` is its new place, or both places where they adjoin.
        area: changed pixels inside the box.
        hint: what deterministic evidence suggests it is (e.g. `short`), never a verdict; "" if nothing does.
        moved_from: where the golden image has the part, in pixels of the test image; None unless moved.
        offset: how far it has moved, dx (right) and dy (down) in pixels of the test image; None unless moved.
    """

    id: str
    box: Box
    score: float = Field(ge=0, le=1)
    change: Change = "altered"
    area: int = 0
    hint: str = ""
    moved_from: Box | None = None
    offset: tuple[float, float] | None = None

    @property
    def told(self) -> str:
        """The change for people and models, e.g. `added` or `moved by 12 px to the right and 3 px up`."""
        return told_change(self.change, self.offset)


def told_change(change: Change, offset: tuple[float, float] | None) -> str:
    """A change in words; `offset` (dx, dy in pixels, right and down) is of a moved part."""
    if change != "moved" or offset is None:
        return change
    dx, dy = (round(v) for v in offset)
    across = f"{abs(dx)} px {'to the right' if dx > 0 else 'to the left'}" if dx else ""
    along = f"{abs(dy)} px {'down' if dy > 0 else 'up'}" if dy else ""
    return f"moved by {' and '.join(part for part in (across, along) if part) or 'less than a pixel'}"


class Registration(Noun):
    """How the golden image was laid over the test image.

    Attributes:
        method: `identity`, `shift`, `affine`, `rotation`, `perspective`, or `none` (could not be registered).
        confidence: 0..1, how well the two agree after it.
        dx, dy: translation of the middle in pixels; angle: degrees; scale: factor (all of golden -> test; with
            perspective those at the middle).
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
        threshold: of the object's stored calibration (`golden calibrate`), None where no object was named.
        flagged: whether the score lies above it, or nothing could be compared.
        heatmap, overlay: paths of PNG files; the rest as in `Comparison`.
    """

    test: ImageRef
    references: tuple[ImageRef, ...]
    score: float = Field(ge=0, le=1)
    p_value: float | None = None
    regions: tuple[Region, ...] = ()
    registration: Registration
    threshold: float | None = None
    flagged: bool | None = None
    heatmap: str
    overlay: str


class Criterion(Noun):
    """What an acceptance criterion says in numbers: `quantity comparison limit unit` describes what is acceptable.

    Attributes:
        of: the defect's type; "" for whatever the fact is about.
        quantity: as it is measured; `length` is the longer side, whatever its direction.
        comparison: between the measured value and `limit`; what is acceptable makes it true.
        limit: not negative.
        unit: of lengths `px` or `mm`, of areas `px2` or `mm2`; "" for a count.
        permits: True where the sentence accepts what keeps the limit; False where it only rejects what does not, and
            so is no reason to accept anything.
    """

    of: str = ""
    quantity: LimitedQuantity
    comparison: Literal["<", "<=", ">", ">="]
    limit: float = Field(ge=0, allow_inf_nan=False)
    unit: Unit = ""
    permits: bool = False


class Measured(NamedTuple):
    """One measured quantity.

    Attributes:
        quantity: what was measured.
        value: in `unit`; `length` is the longer side.
        unit: of lengths `px` or `mm`, of areas `px2` or `mm2`, "" of a count.
        uncertainty: the true value lies within value +- uncertainty; 0 where it is exact.
    """

    quantity: LimitedQuantity
    value: float
    unit: Unit = ""
    uncertainty: float = 0.0


class Fact(Noun):
    """One sentence about an object (method.md section 1).

    Attributes:
        id: its key in the store; derived from object and text, so that the same fact has the same id everywhere.
        text: one sentence.
        object: the object's name in lower case, e.g. `printed circuit board`.
        kind: what the sentence tells.
        source: `curated` (a person or a document), `expert` (a correction), `generated` (a model wrote it).
        allows: for a `criterion` fact: defect types that it declares acceptable, e.g. `("pin-hole",)`.
        criterion: for a `criterion` fact: the limit that its sentence states plainly, None where it states none.
        origin: where it came from (`file.md#12`, `nano@3f2a`, a reviewer's name).
        digest: sha256 of `text`; a citation is only good while this stays the same.
        version: counts from 1; an edited fact is the next version of the one before.
    """

    id: str
    text: str
    object: str
    kind: FactKind
    source: FactSource = "curated"
    allows: tuple[str, ...] = ()
    criterion: Criterion | None = None
    origin: str = ""
    digest: str = ""
    version: int = Field(default=1, ge=1)


class RecalledFact(Noun):
    """A fact as one run saw it: `id` is the citation (`F1`, `F2`, ...), `fact.id` the store's key.

    Attributes:
        score: relevance to the object and the question, 0..1.
    """

    id: str
    fact: Fact
    score: float
