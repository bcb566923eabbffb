"""What an inspection may spend, where it draws its lines, and when it asks a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..schema import Noun
from ..settings import get_settings


class Policy(Noun):
    """Thresholds and limits; probabilities in 0..1.

    Attributes:
        normal_below, anomalous_above: between the two a probability is too close to call (`uncertain`). Wide on
            purpose: on drawn families that nano never saw, many of its errors lie there (benchmarks/coverage.py).
        strange_margin: the same lines, `strange_margin` from 0 and from 1, for an object that the model does not
            recognise. On drawn families it never saw, .01 leaves .8 answered with about half of the errors.
        false_alarm_rate: the conformal p-value at or below which a difference is anomalous (method.md section 6).
        different_above: comparison score from which a difference is anomalous by itself, where the model does not
            know the object and too few golden images are there for a p-value. High on purpose: two sound hazelnuts
            differ by .90, and one golden image cannot tell such a part from a defective one.
        same_below: comparison score below which such an image is normal.
        max_regions: regions examined by the model, strongest first.
        facts: how many facts are recalled.
        max_repairs: repair rounds after verification.
        mm_per_pixel: the scale, so that limits in mm can be checked; None is the settings' (none unless set).
        review: when a run with `review=True` asks: in `doubt`, or `always`.
    """

    normal_below: float = Field(default=0.05, ge=0, le=1)
    anomalous_above: float = Field(default=0.95, ge=0, le=1)
    strange_margin: float = Field(default=0.01, ge=0, le=0.5)
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    different_above: float = Field(default=0.95, ge=0, le=1)
    same_below: float = Field(default=0.3, ge=0, le=1)
    max_regions: int = Field(default=15, ge=1)
    facts: int = Field(default=8, ge=0)
    max_repairs: int = Field(default=1, ge=0)
    mm_per_pixel: float | None = Field(default=None, gt=0, le=1000)
    review: Literal["doubt", "always"] = "doubt"

    def scale(self) -> float | None:
        """Millimetres a pixel, where somebody said it."""
        return self.mm_per_pixel or get_settings().mm_per_pixel
