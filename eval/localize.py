"""Where the claimed boxes lie: against true ones (localization, detection), and against what the comparison saw (heat).

A claimed box earns, against the true box it is matched with, the mean of two parts:

- *overlap*: 1 - (max(0, .85 - IoU) / .85)^2. From an IoU of .85 on it is 1, because two annotators do not agree better:
  a box moved by 3 % of its sides has .89. Below it falls without a step: .97 at .7, .83 at .5, .58 at .3, 0 at 0;
- *pointing*: 1 where the centre of the claimed box lies in the true box, else 0.

Localization is twice the sum of what all pairs earn over the number of claimed and true boxes together (as F1, with
partial hits): 1 where every defect has its box and no box is beside them. Detection is the share of true boxes that
some claimed box hits with an IoU above .3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import SageInspectError
from ..images import ImageStore
from ..schema import Box
from .checks.entailment import first_claims
from .checks.truth import HIT
from .checks.view import TraceView, mapping

ALIKE = 0.85
"""IoU from which two boxes are as good as the same."""


def claimed_boxes(view: TraceView) -> tuple[Box, ...]:
    """The boxes of the verdict's defects; where it lists none, those of the regions that claims call defective."""
    if view.final is not None and view.final.defects:
        return tuple(d.box for d in view.final.defects)
    claims = [c for c in first_claims(view.claims) if c.defect and c.subject in view.regions]
    return tuple(view.regions[c.subject].box for c in claims)


def localization(claimed: Sequence[Box], true: Sequence[Box]) -> float:
    """How well claimed boxes lie on true ones, 0..1 (see the module's text); there must be at least one box."""
    credits = sorted(
        ((credit(c, t), i, j) for i, c in enumerate(claimed) for j, t in enumerate(true)),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used_claimed: set[int] = set()
    used_true: set[int] = set()
    earned = 0.0
    for value, i, j in credits:
        if value > 0 and i not in used_claimed and j not in used_true:
            used_claimed.add(i)
            used_true.add(j)
            earned += value
    return 2 * earned / (len(claimed) + len(true))


def detection(claimed: Sequence[Box], true: Sequence[Box]) -> float:
    """Share of true boxes that a claimed box hits (IoU above .3); there must be at least one true box."""
    return sum(any(c.iou(t) > HIT for c in claimed) for t in true) / len(true)


def credit(claimed: Box, true: Box) -> float:
    """What a claimed box earns against a true one, 0..1."""
    x, y = claimed.center
    points = true.x1 <= x < true.x2 and true.y1 <= y < true.y2
    return (overlap(claimed, true) + points) / 2


def overlap(first: Box, second: Box) -> float:
    """Agreement of two boxes, 0..1: 1 from an IoU of .85, falling faster the less is left."""
    return 1 - (max(0.0, ALIKE - first.iou(second)) / ALIKE) ** 2


def heat(view: TraceView) -> float | None:
    """How far the claimed boxes lie where the comparison saw a difference, 0..1; it says nothing about the truth.

    The mean, over the boxes, of the best overlap with a region that the comparison found; None without a box or region.
    """
    boxes, regions = claimed_boxes(view), [r.box for r in view.regions.values()]
    if not boxes or not regions:
        return None
    return sum(max(overlap(box, region) for region in regions) for box in boxes) / len(boxes)


def heat_in_map(view: TraceView, images: ImageStore) -> float | None:
    """The same against the comparison's heat map itself, 0..1.

    The mean, over the boxes, of the hottest point inside the box over the hottest point of the map: a defect that
    differs little has less than 1. None without a box, or where the store does not hold the map.
    """
    boxes, found = claimed_boxes(view), _heat_map(view, images)
    if not boxes or found is None:
        return None
    return sum(_hottest(found, box) for box in boxes) / len(boxes) / max(1.0, float(found.max()))


def _heat_map(view: TraceView, images: ImageStore) -> np.ndarray | None:
    for step in reversed(view.trace.steps):
        stored = mapping(mapping(step.output.get("comparison")).get("heatmap"))
        if isinstance(stored.get("sha256"), str):
            try:
                return images.array(stored["sha256"])
            except SageInspectError:
                return None
    return None


def _hottest(heat_map: np.ndarray, box: Box) -> float:
    inside = heat_map[max(0, box.y1) : max(0, box.y2), max(0, box.x1) : max(0, box.x2)]
    return float(inside.max()) if inside.size else 0.0
