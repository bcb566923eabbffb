"""What labels say once acceptance criteria are applied: the right verdict, the types and the places to be named."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..schema import Box
from .answer_text import plain
from .labels import Labels


def right_verdict(labels: Labels | None) -> Literal["normal", "anomalous"] | None:
    """The verdict that is right: the label, or normal where every defect is of a permitted type; None if unknown."""
    if labels is None:
        return None
    if labels.label == "normal":
        return "normal"
    if labels.label is None and not (labels.types or labels.defects):
        return None
    kinds = _kinds(labels)
    permitted = {plain(p) for p in labels.permitted}
    return "normal" if kinds and "" not in kinds and kinds <= permitted else "anomalous"


def true_types(labels: Labels | None) -> frozenset[str]:
    """The types to be named, plain (lower case, no hyphens): all that are known and not permitted."""
    if labels is None or labels.label == "normal":
        return frozenset()
    return frozenset(_kinds(labels) - {""} - {plain(p) for p in labels.permitted})


def true_boxes(labels: Labels | None) -> tuple[Box, ...] | None:
    """The boxes of the defects that are not permitted: as labelled, else those of the mask's parts.

    None where the places are not known; empty where nothing is defective.

    Raises:
        BadInput: the mask cannot be read.
    """
    if labels is None:
        return None
    if right_verdict(labels) == "normal":
        return ()
    permitted = {plain(p) for p in labels.permitted}
    if labels.defects:
        return tuple(d.box for d in labels.defects if plain(d.type) not in permitted or not d.type)
    return _boxes_of_mask(labels.mask) or None if labels.mask is not None else None


def _kinds(labels: Labels) -> set[str]:
    """All types that are known, plain; "" stands for a defect of unknown type."""
    return {plain(t) for t in labels.types} or {plain(d.type) for d in labels.defects}


@lru_cache(maxsize=256)
def _boxes_of_mask(path: Path) -> tuple[Box, ...]:
    from .datasets.masks import boxes_of, read_mask  # cv2 is needed for masks only

    mask = read_mask(path)
    return tuple(boxes_of(mask)) if mask.any() and not mask.all() else ()
