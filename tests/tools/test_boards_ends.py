import cv2
import numpy as np
import pytest

from sage_inspect.tools.boards_ends import picture_ends
from sage_inspect.tools.geometry import compose, identity, rotation, translation, warp

SIDE = 320
TURNS = {"top": 0, "right": -1, "bottom": 2, "left": 1}
"""Quarter turns (counter-clockwise) that bring the top to this side."""


def golden():
    """Seven tracks from the top border to the bottom one, and a track along the top, 14 pixels below it."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for x in range(20, 300, 40):
        mask[:, x : x + 14] = 255
    mask[14:24] = 255
    return mask


def ends(test, board, matrix=None):
    return picture_ends(test, board, identity() if matrix is None else matrix)


@pytest.mark.parametrize("side", TURNS)
@pytest.mark.parametrize("flat", [0, 255])
def test_a_strip_of_one_phase_along_a_side_is_told(side, flat):
    board = golden()
    test = board.copy()
    test[:9] = flat
    board, test = (np.rot90(m, TURNS[side]).copy() for m in (board, test))
    shown, note = ends(test, board)
    assert note == f"the test image ends 9 px early at the {side}"
    hidden = np.rot90(~shown, -TURNS[side])
    assert hidden[:9].all() and not hidden[11:].any()


@pytest.mark.parametrize(("angle", "turn"), [(2, 0), (-2, 0), (2, 90), (2, 180), (-2, 270)])
def test_a_wedge_between_the_frame_and_the_moved_picture(angle, turn):
    board = golden()
    move = compose(translation(0, 10), rotation(angle, SIDE, SIDE))
    # The golden board goes on where the test picture ends: its own picture is larger.
    wide = np.pad(board, 20, mode="edge")
    larger = warp(wide, compose(move, translation(-20, -20)), (SIDE, SIDE), border=0)
    test = np.where(warp(board, move, (SIDE, SIDE), border=0) > 127, 255, 0).astype(np.uint8)
    # The golden image may have been taken in another quarter turn.
    matrix = compose(move, rotation(turn, SIDE, SIDE))
    shown, note = ends(test, np.where(larger > 127, 255, 0).astype(np.uint8), matrix)
    assert "early at the top" in note
    part = slice(0, SIDE // 2), slice(20, -20)
    inside = warp(np.ones((SIDE, SIDE), np.float32), move, (SIDE, SIDE), border=0)[part] > 0.5
    assert np.mean(shown[part][~inside]) < 0.05 and np.mean(~shown[part][inside]) < 0.01


def test_single_pixels_of_noise_do_not_hide_an_end():
    test = golden()
    test[:9] = 0
    test[np.random.default_rng(0).random(test.shape) > 0.98] = 255
    assert "9 px early at the top" in ends(test, golden())[1]


def one_track_that_ends_early():
    test = golden()
    test[:9, 60:74] = 0
    return test


def a_bite_at_the_border():
    test = golden()
    cv2.circle(test, (27, 0), 9, 0, -1)
    return test


def strip_along_part_of_the_side():
    test = golden()
    test[:9, :200] = 0
    return test


@pytest.mark.parametrize("defect", [one_track_that_ends_early, a_bite_at_the_border, strip_along_part_of_the_side])
def test_a_defect_at_the_border_is_no_end(defect):
    shown, note = ends(defect(), golden())
    assert note == "" and shown.all()


def test_a_missing_track_along_the_border_is_no_end():
    board = np.zeros((SIDE, SIDE), np.uint8)
    board[8:20] = board[40:52] = 255
    board[60:, 30:290] = 255
    test = board.copy()
    test[:30] = 0
    assert ends(test, board)[1] == ""


def test_an_edge_along_the_border_that_lies_further_in_is_no_end():
    board = np.zeros((SIDE, SIDE), np.uint8)
    board[6:40, :] = 255
    board[5, 40:280:2] = 255
    test = board.copy()
    test[:8] = 0
    test[8, ::7] = 0
    assert ends(test, board)[1] == ""


def test_a_side_without_golden_structure_is_left_alone():
    board = np.zeros((SIDE, SIDE), np.uint8)
    board[100:200, 40:280] = 255
    shown, note = ends(board, board)
    assert note == "" and shown.all()
