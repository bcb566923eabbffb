import numpy as np
import pytest

from sage_inspect.tools.boards_edge import only_edge_play


def golden(width=40):
    """One track along the rows from 60 on."""
    mask = np.zeros((160, 160), np.uint8)
    mask[60 : 60 + width, :] = 255
    return mask


def bite(depth, length=30):
    changed = np.zeros((160, 160), np.uint8)
    changed[60 : 60 + depth, 50 : 50 + length] = 255
    return changed, (50, 60, 50 + length, 60 + depth)


@pytest.mark.parametrize(("depth", "play"), [(3, True), (4, False), (8, False)])
def test_a_bite_is_play_up_to_three_pixels(depth, play):
    assert only_edge_play(golden(), *bite(depth), "missing") is play


@pytest.mark.parametrize(("width", "play"), [(6, False), (10, False), (12, True), (20, True)])
def test_three_pixels_of_a_narrow_track_are_none(width, play):
    assert only_edge_play(golden(width), *bite(3), "missing") is play


def test_a_spur_is_held_against_the_gap_it_narrows():
    assert only_edge_play(255 - golden(), *bite(3), "added")
    assert not only_edge_play(255 - golden(6), *bite(3), "added")


def test_other_changes_outside_the_box_do_not_count():
    changed, box = bite(3)
    changed[75:90, 55:70] = 255
    assert only_edge_play(golden(), changed, box, "missing")


def test_at_the_image_border():
    changed = np.zeros((160, 160), np.uint8)
    changed[60:63, :20] = 255
    assert only_edge_play(golden(), changed, (0, 60, 20, 63), "missing")
