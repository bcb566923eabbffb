import cv2
import numpy as np
import pytest

from sage_inspect.tools.boards_registration import GOOD_AGREEMENT, agreement, register_masks, shift_search
from sage_inspect.tools.geometry import carry, compose, describe, rotation, translation, warp


def layout(seed=3, side=320):
    mask = np.zeros((side, side), np.uint8)
    rng = np.random.default_rng(seed)
    for _ in range(14):
        x, y = (int(v) for v in rng.integers(20, side - 20, 2))
        length = int(rng.integers(60, 200))
        end = (x + length, y) if rng.random() < 0.5 else (x, y + length)
        cv2.line(mask, (x, y), end, 255, int(rng.integers(5, 14)))
        cv2.circle(mask, (x, y), int(rng.integers(9, 18)), 255, -1)
    return mask


def moved(mask, matrix):
    return np.where(warp(mask, matrix, mask.shape[::-1], border=0) > 127, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (-13, 9), (17, 17)])
def test_shift_search_is_exact_for_whole_pixels(dx, dy):
    mask = layout()
    found = shift_search(moved(mask, translation(dx, dy)), mask)
    assert np.allclose(found[:, 2], [dx, dy])


@pytest.mark.parametrize(
    ("dx", "dy", "angle"), [(8, -6, 0), (4, 4, 2), (-7, 3, -2), (0, 0, 5), (2, 1, 91), (0, 3, 180)]
)
def test_register_finds_shift_and_turn(dx, dy, angle):
    mask = layout()
    test = moved(mask, compose(translation(dx, dy), rotation(angle, 320, 320)))
    found = register_masks(test, mask)
    read = describe(found, (320, 320), (320, 320))
    assert found.comparable and found.confidence > 0.95
    assert (read.angle - angle + 180) % 360 - 180 == pytest.approx(0, abs=0.4)
    assert (read.dx, read.dy) == (pytest.approx(dx, abs=1), pytest.approx(dy, abs=1))


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_a_board_seen_aslant_lies_right_at_its_corners(seed):
    mask, corners = layout(seed, 640), np.float32([[0, 0], [639, 0], [0, 639], [639, 639]])
    bent = corners + np.random.default_rng(seed).uniform(-10, 10, (4, 2)).astype(np.float32)
    move = cv2.getPerspectiveTransform(corners, bent)
    found = register_masks(moved(mask, move), mask)
    assert found.method == "perspective"
    assert np.abs(carry(corners, found.matrix) - bent).max() < 1


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_a_board_leaning_straight_back_lies_right_at_its_corners(seed):
    # No turn and no stretch at the middle: only perspective tells.
    mask, corners = layout(seed, 640), np.float32([[0, 0], [639, 0], [0, 639], [639, 639]])
    bent = corners + np.float32([[6, 0], [-6, 0], [-6, 0], [6, 0]])
    found = register_masks(moved(mask, cv2.getPerspectiveTransform(corners, bent)), mask)
    assert found.method == "perspective"
    assert np.abs(carry(corners, found.matrix) - bent).max() < 1


def test_a_noisy_board_seen_aslant_is_also_searched_for_turns():
    # So much noise keeps the agreement below what a turn is searched from, after perspective was found.
    rng, mask, corners = np.random.default_rng(2), layout(2, 640), np.float32([[0, 0], [639, 0], [0, 639], [639, 639]])
    bent = corners + rng.uniform(-10, 10, (4, 2)).astype(np.float32)
    test = moved(mask, cv2.getPerspectiveTransform(corners, bent))
    test[rng.random(test.shape) < 0.03] ^= 255
    found = register_masks(test, mask)
    assert found.method == "perspective" and found.confidence < GOOD_AGREEMENT
    assert np.abs(carry(corners, found.matrix) - bent).max() < 1


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (7, 300), (8, 8), (9, 200)])
def test_a_mask_of_a_few_rows_is_registered(shape):
    test, golden = (np.where(np.random.default_rng(i).random(shape) < 0.5, 255, 0).astype(np.uint8) for i in (1, 2))
    found = register_masks(test, golden)
    assert np.isfinite(found.matrix).all() and 0 <= found.confidence <= 1


@pytest.mark.parametrize(("seed", "angle"), [(0, 2), (0, -1.2), (2, 3)])
def test_a_turned_board_lies_right_at_its_corners(seed, angle):
    mask, corners = layout(seed, 640), np.array([[0, 0, 1], [639, 0, 1], [0, 639, 1], [639, 639, 1]])
    move = compose(translation(5.3, -3.6), rotation(angle, 640, 640))
    found = register_masks(moved(mask, move), mask)
    assert np.abs(corners @ (found.matrix - move).T).max() < 0.1


def test_equal_masks_keep_the_identity():
    assert register_masks(layout(), layout()).method == "identity"


def test_other_layout_is_told():
    found = register_masks(layout(1), layout(2))
    assert not found.comparable and found.method == "none" and "layout" in found.note


def test_agreement_by_hand():
    a = np.array([[255, 255, 0, 0]], np.uint8)
    assert agreement(a, a) == pytest.approx(1)
    assert agreement(a, 255 - a) == pytest.approx(-1)
    assert agreement(a, np.array([[255, 0, 255, 0]], np.uint8)) == pytest.approx(0)
    assert agreement(a[:, :2], a[:, :2]) == 1
