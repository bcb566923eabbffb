"""What is known to be true of a trace's image: label, types, boxes or a mask; read from JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ..schema import Box, Noun


class LabelledDefect(Noun):
    """A true defect: its box in pixels of the test image, its type ("" where unknown)."""

    box: Box
    type: str = ""


class Labels(Noun):
    """The truth about one image.

    Attributes:
        label: None where it is not known.
        types: the defects' types, lower case; empty where none is known.
        defects: their boxes; empty does not mean that there are none (see `mask`).
        mask: an image file of the test image's size whose non-zero pixels are defect.
        permitted: types that an acceptance criterion permits: a verdict that passes them is right.
    """

    label: Literal["normal", "anomalous"] | None = None
    types: tuple[str, ...] = ()
    defects: tuple[LabelledDefect, ...] = ()
    mask: Path | None = None
    permitted: tuple[str, ...] = ()
