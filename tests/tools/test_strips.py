from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from sage_inspect.schema import Box, Region
from sage_inspect.tools.geometry import Alignment, identity, translation, warp
from sage_inspect.tools.outcome import Outcome
from sage_inspect.tools.strips import by_strips, strip_boxes
from sage_inspect.tools.ways import compare_arrays


def scan(seed=0, width=3600, height=300):
    """A long grey sheet with soft clouds and a little noise."""
    clouds = np.random.default_rng(1).integers(70, 190, (8, 96), np.uint8)
    image = cv2.resize(clouds, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.add(image, np.random.default_rng(seed).integers(0, 6, image.shape, dtype=np.uint8))


def test_strips_cover_a_line_scan_and_nothing_else():
    boxes = strip_boxes(10_000, 1_000)
    assert len(boxes) == 10 and boxes[0].x1 == 0 and boxes[-1].x2 == 10_000
    assert all(a.x2 > b.x1 for a, b in pairwise(boxes))
    assert all(b.y1 == 0 and b.y2 == 1_000 for b in boxes)
    assert strip_boxes(1_000, 10_000)[1] == Box(0, boxes[1].x1, 1_000, boxes[1].x2)
    # Wider ones are cut along as well, into two lanes that overlap.
    wide = strip_boxes(20_000, 2_000)
    assert len(wide) == 40 and {(b.y1, b.y2) for b in wide} == {(0, 1_060), (940, 2_000)}
    assert max(b.x2 - b.x1 for b in wide) == 1_120
    assert strip_boxes(4_000, 3_000) == [] and strip_boxes(2_000, 200) == []


def test_strips_are_joined(monkeypatch):
    monkeypatch.setattr("sage_inspect.tools.strips.LEAST_AREA", 1000)
    whole = Outcome(0.1, None, (), np.zeros((10, 100), np.float32), 0, Alignment(identity(), "shift", 0.9))
    test = np.zeros((10, 100), np.uint8)
    test[4, 50] = 255

    def compare(strip, pieces):
        where = np.argwhere(strip == 255)
        assert len(pieces) == 2 and pieces[0].shape == strip.shape
        heat = (strip / 255).astype(np.float32)
        regions = []
        for y, x in where:
            box = Box(int(x), int(y), int(x) + 1, int(y) + 1)
            moved = {"change": "moved", "moved_from": Box(box.x1 - 2, box.y1, box.x2 - 2, box.y2), "offset": (2.0, 0.0)}
            regions.append(Region.model_validate({"id": "R1", "box": box, "score": 0.8, "area": 1, **moved}))
        return replace(whole, score=0.8 if len(where) else 0.2, regions=tuple(regions), heat=heat), (0.3, 0.5)

    goldens = [np.zeros((10, 100), np.uint8)] * 2
    found = by_strips(whole, test, goldens, [identity(), identity()], 5, compare)
    # The mark lies where two strips overlap: one region all the same.
    assert [tuple(r.box) for r in found.regions] == [(50, 4, 51, 5)] and found.regions[0].id == "R1"
    assert found.regions[0].moved_from == (48, 4, 49, 5) and found.regions[0].offset == (2.0, 0.0)
    assert found.score == 0.8 and found.heat[4, 50] == 1 and found.alignment == whole.alignment
    # Both golden images' worst strips score below .8: p = 1 / 3.
    assert found.p_value == pytest.approx(1 / 3)


def test_a_move_of_which_the_neighbouring_strip_sees_one_place_is_told_once(monkeypatch):
    monkeypatch.setattr("sage_inspect.tools.strips.LEAST_AREA", 1000)
    whole = Outcome(0.1, None, (), np.zeros((10, 100), np.float32), 0, Alignment(identity(), "shift", 0.9))
    test = np.zeros((10, 100), np.uint8)
    test[4, 50], test[4, 55] = 100, 255  # strips 4 and 5 show column 50, strip 5 alone column 55

    def compare(strip, pieces):
        places = {
            value: Box(int(x), 4, int(x) + 1, 5) for value in (100, 255) for x in np.flatnonzero(strip[4] == value)
        }
        both = {
            "box": places.get(255),
            "change": "moved",
            "score": 0.7,
            "moved_from": places.get(100),
            "offset": (5, 0),
        }
        alone = {"box": places.get(100), "change": "missing", "score": 0.9}
        told = [{"id": "R1", **(both if 255 in places else alone)}] if places else []
        return replace(whole, regions=tuple(Region.model_validate(r) for r in told), heat=strip.astype(np.float32)), ()

    found = by_strips(whole, test, [test], [identity()], 5, compare).regions
    assert [(r.id, r.change, tuple(r.box), r.offset) for r in found] == [("R1", "moved", (55, 4, 56, 5), (5, 0))]


def test_a_small_mark_on_a_line_scan_is_found(monkeypatch):
    monkeypatch.setattr("sage_inspect.tools.strips.LEAST_AREA", 1_000_000)
    test = warp(scan(2), translation(3, 2), (3600, 300))
    cv2.circle(test, (2700, 140), 9, 20, -1)
    found = compare_arrays(test, [scan()], pad=0)
    assert found.alignment.comparable and found.heat.shape == (300, 3600)
    assert found.regions[0].box.iou(Box(2691, 131, 2710, 150)) > 0.4 and len(found.regions) <= 2
    calm = compare_arrays(scan(3), [scan()])
    assert calm.regions == () and calm.score < found.score / 2
