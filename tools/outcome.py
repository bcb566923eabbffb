"""What a comparison of arrays returns, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Region
from .geometry import Alignment

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """A comparison on arrays, before anything is stored.

    Attributes:
        score: 0..1; p_value: conformal or None.
        regions: by falling score.
        heat: H x W float32, 0..1, of the test image's size.
        best: index of the golden image that fits best; alignment: of that one (golden -> test pixels).
    """

    score: float
    p_value: float | None
    regions: tuple[Region, ...]
    heat: NDArray[np.float32]
    best: int
    alignment: Alignment
