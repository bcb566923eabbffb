"""Readers of labelled image sets, one file a layout: `read_cases(path)` finds out which one a folder has."""

from .case import Case, LabelledBox
from .detect import LAYOUTS, read_cases
from .masks import defect_boxes, read_mask

__all__ = ["LAYOUTS", "Case", "LabelledBox", "defect_boxes", "read_cases", "read_mask"]
