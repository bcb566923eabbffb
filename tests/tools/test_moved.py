import cv2
import numpy as np
import pytest

from sage_inspect.tools.moved import compact, step_away, step_within, tight
from sage_inspect.tools.step_sums import halved, make_views

SIDE = 260


def ground(seed=0):
    rng = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(rng.normal(110, 60, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 6)
    return np.clip(picture, 0, 255).astype(np.uint8)


def part(picture, x, y, colour=(210, 200, 60)):
    """A labelled part of 40 x 26 pixels with its corner at x, y."""
    out = picture.copy()
    cv2.rectangle(out, (x, y), (x + 39, y + 25), colour, -1)
    cv2.rectangle(out, (x + 4, y + 4), (x + 12, y + 21), (30, 30, 40), -1)
    cv2.putText(out, "7", (x + 18, y + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40, 30, 30), 2)
    return out


def noisy(picture, seed):
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(picture * 1.02 + noise, 0, 255).astype(np.uint8)


def views_of(golden, test):
    views = make_views(noisy(test, 1), noisy(golden, 2))
    changed = (np.abs(views.picture - views.golden).max(axis=2) > 25).astype(np.uint8) * 255
    return views, cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))


@pytest.mark.parametrize(("dx", "dy"), [(6, 0), (-9, 14), (25, 3), (55, -12)])
def test_a_part_that_moved_a_little_is_found_with_its_step(dx, dy):
    step = step_within(*views_of(part(ground(), 100, 110), part(ground(), 100 + dx, 110 + dy)))
    assert step is not None and abs(step.dx - dx) < 1 and abs(step.dy - dy) < 1 and step.left < 0.3
    assert max(np.abs(np.subtract(step.old, (100, 110, 140, 136)))) <= 3


@pytest.mark.parametrize("added", [True, False])
def test_a_part_that_moved_far_is_found_from_either_place(added):
    views, mask = views_of(part(ground(), 40, 50), part(ground(), 105, 130))
    mask[:, :92] = 0 if added else mask[:, :92]
    mask[:, 92:] = mask[:, 92:] if added else 0
    step = step_away(views, halved(views), mask, added, 100)
    assert step is not None and abs(step.dx - 65) < 1 and abs(step.dy - 80) < 1
    assert max(np.abs(np.subtract(step.old, (40, 50, 80, 76)))) <= 3


def steps(golden, test):
    views, mask = views_of(golden, test)
    return [
        s
        for s in (step_within(views, mask), *(step_away(views, halved(views), mask, a, 100) for a in (True, False)))
        if s is not None
    ]


def test_what_is_missing_added_or_replaced_has_not_moved():
    bare, there = ground(), part(ground(), 100, 110)
    assert steps(there, bare) == [] and steps(bare, there) == []
    other = bare.copy()
    cv2.circle(other, (120, 123), 22, (60, 90, 200), -1)
    assert steps(there, other) == []
    beside = bare.copy()
    cv2.circle(beside, (165, 135), 18, (60, 90, 200), -1)
    assert steps(there, beside) == []


def test_one_of_a_row_of_like_parts_that_is_missing_has_not_moved_onto_its_neighbour():
    row = part(part(part(ground(), 40, 110), 100, 110), 160, 110)
    assert steps(row, part(part(ground(), 40, 110), 160, 110)) == []
    assert steps(part(part(ground(), 40, 110), 160, 110), row) == []


def test_an_edge_fits_all_along_itself_and_tells_no_step():
    golden, test = np.full((2, SIDE, SIDE, 3), 40, np.uint8)
    golden[100:], test[100:] = 190, 190
    golden[90:100, 60:140], test[90:100, 100:180] = 190, 190  # a low step of the edge, its ends cut off below
    views, mask = views_of(golden, test)
    mask[:, :75], mask[:, 165:] = 0, 0
    assert step_within(views, mask) is None


def test_boxes_and_breadth():
    mask = np.zeros((30, 40), np.uint8)
    assert tight(mask) is None
    mask[5:25, 8:11] = 255
    assert tight(mask) == (8, 5, 11, 25) and not compact(mask)
    mask[5:25, 8:16] = 255
    assert compact(mask)
