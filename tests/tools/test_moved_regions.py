import cv2
import numpy as np
import pytest

from sage_inspect.finetune.world.boards.pair import draw_masks
from sage_inspect.schema import Box
from sage_inspect.tools.geometry import identity, scaling
from sage_inspect.tools.moved_regions import photo_moves
from sage_inspect.tools.ways import compare_arrays

from .test_moved import ground, noisy, part


def scene(*parts):
    picture = cv2.resize(ground(3), (400, 400), interpolation=cv2.INTER_LINEAR)
    for at in range(20, 400, 60):
        cv2.line(picture, (at, 0), (at - 15, 399), (70, 80, 70), 2)
        cv2.line(picture, (0, at), (399, at + 9), (150, 140, 120), 2)
    cv2.rectangle(picture, (8, 8), (391, 391), (230, 230, 225), 5)
    cv2.circle(picture, (330, 320), 40, (40, 60, 90), -1)
    for x, y in parts:
        picture = part(picture, x, y)
    return picture


def compared(golden, test):
    return compare_arrays(noisy(test, 5), [noisy(golden, 6)])


@pytest.mark.parametrize(("dx", "dy"), [(14, -6), (30, 12), (110, 40)])
def test_one_region_tells_how_far_a_part_moved_and_from_where(dx, dy):
    found = compared(scene((150, 180), (60, 60)), scene((150 + dx, 180 + dy), (60, 60)))
    (region,) = found.regions
    assert (region.id, region.change, region.hint) == ("R1", "moved", "") and region.offset is not None
    assert abs(region.offset[0] - dx) <= 1 and abs(region.offset[1] - dy) <= 1
    assert region.moved_from is not None and region.moved_from.iou(Box(144, 174, 196, 212)) > 0.5
    new = Box(144 + dx, 174 + dy, 196 + dx, 212 + dy)
    both = Box(min(144, new.x1), min(174, new.y1), max(196, new.x2), max(212, new.y2))
    assert region.box.iou(new if dx > 100 else both) > 0.5


def test_other_regions_stay_as_they_are(monkeypatch):
    golden, test = scene((150, 180), (60, 60), (300, 60)), scene((175, 190), (60, 60))
    cv2.circle(test, (80, 300), 22, (20, 20, 220), -1)
    whole = compared(golden, test)
    told = whole.regions
    monkeypatch.setattr("sage_inspect.tools.ways.photo_moves", lambda regions, *_: regions)
    plain = compared(golden, test)
    assert [r.change for r in told].count("moved") == 1 and len(told) >= 2
    assert (whole.score, whole.alignment.method) == (plain.score, plain.alignment.method)
    assert np.array_equal(whole.heat, plain.heat)
    others = {(r.box, r.score, r.change, r.area) for r in told if r.change != "moved"}
    assert others <= {(r.box, r.score, r.change, r.area) for r in plain.regions}
    assert [r.id for r in told] == [f"R{i}" for i in range(1, len(told) + 1)]
    assert all(r.offset is None for r in told if r.change != "moved")


def test_steps_are_told_in_pixels_of_the_test_image():
    golden, test = scene((150, 180)), scene((180, 180))
    (region,) = compared(golden, test).regions
    plain = region.model_copy(update={"change": "altered", "moved_from": None, "offset": None})
    here = photo_moves([plain], noisy(test, 5), noisy(golden, 6), identity(), (400, 400), 6)[0]
    double = plain.model_copy(update={"box": Box(*(2 * v for v in plain.box))})
    there = photo_moves([double], noisy(test, 5), noisy(golden, 6), scaling(2.0, 2.0), (800, 800), 6)[0]
    assert here.offset == pytest.approx((30, 0), abs=1) and there.offset == pytest.approx((60, 0), abs=2)
    assert photo_moves([], test, golden, identity(), (400, 400), 6) == ()


def test_a_pad_of_a_board_that_moved():
    copper, _, _ = draw_masks(18, 400, 0)
    golden = np.where(copper > 0, 0, 255).astype(np.uint8)
    golden[150:250, 150:260] = 255
    test = golden.copy()
    for picture, x in ((golden, 185), (test, 203)):
        cv2.circle(picture, (x, 200), 12, 0, -1)
        cv2.circle(picture, (x, 200), 4, 255, -1)
    (region,) = compare_arrays(test, [golden]).regions
    assert region.change == "moved" and region.hint == "" and region.offset == (18.0, 0.0)
    assert region.moved_from == (167, 182, 204, 219)  # radius 12 about (185, 200), 6 pixels of padding
    # Gone, and nothing of its kind elsewhere.
    gone = golden.copy()
    gone[150:250, 150:260] = 255
    assert {r.change for r in compare_arrays(gone, [golden]).regions} == {"missing"}
