"""What one sentence states about the inspected image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Subject = Literal["image", "reference", "process"]


@dataclass(frozen=True)
class Statement:
    """One sentence, read.

    Attributes:
        text: the sentence.
        subject: `image` (the one inspected), `reference` (the golden images and nothing else), or `process` (what the
            agent did or will do).
        defect: True where it asserts a defect of the inspected image, or a difference from the reference; False where
            it denies one; None where it does neither or could not be read: then it is unscored, not wrong.
        hedged: it is said with doubt.
        type: the defect's type, one lower-case noun; None where it names none, or several are denied.
        place: where in the inspected image: a row (`upper`, `lower`), a column (`left`, `right`), both (`upper left`,
            `centre left`), or `centre`; "" where it names none.
        box: four numbers in brackets, as written, in whatever unit; None where there are none.
    """

    text: str
    subject: Subject = "image"
    defect: bool | None = None
    hedged: bool = False
    type: str | None = None
    place: str = ""
    box: tuple[float, float, float, float] | None = None
