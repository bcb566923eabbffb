import cv2
import numpy as np
import pytest

from sage_inspect.schema import Box
from sage_inspect.tools.moved_islands import find_island, island_step


def board(*pads):
    copper = np.zeros((200, 240), np.uint8)
    copper[150:160] = 255  # a track that runs through
    for x, y in pads:
        cv2.circle(copper, (x, y), 14, 255, -1)
        cv2.circle(copper, (x, y), 5, 0, -1)
    return copper


def step(golden, test, old, new):
    was, now = find_island(golden, test, Box(*old)), find_island(test, golden, Box(*new))
    return None if was is None or now is None else island_step(was, now, test, golden)


@pytest.mark.parametrize(("dx", "dy"), [(5, 0), (-4, 11), (60, 10)])
def test_a_pad_that_moved_as_a_whole(dx, dy):
    golden, test = board((90, 70)), board((90 + dx, 70 + dy))
    test = cv2.erode(test, np.ones((2, 2), np.uint8))
    found = step(golden, test, (70, 50, 110, 90), (70 + dx, 50 + dy, 110 + dx, 90 + dy))
    assert found is not None and abs(found.dx - dx) < 1 and abs(found.dy - dy) < 1
    assert found.old == (76, 56, 105, 85)


def test_a_bite_at_one_pad_and_a_spur_at_its_like_are_no_move():
    golden = board((60, 70), (160, 70))
    test = golden.copy()
    test[56:62, 54:66] = 0
    test[50:57, 157:163] = 255
    assert step(golden, test, (50, 52, 70, 66), (150, 46, 170, 60)) is None


def test_a_track_that_runs_on_is_no_island():
    golden = board()
    test = golden.copy()
    test[150:160, 100:120] = 0
    assert find_island(golden, test, Box(98, 148, 122, 162)) is None
    assert find_island(golden, golden, Box(98, 148, 122, 162)) is None  # nothing that the other lacks


def test_a_pad_of_another_shape_is_none_that_moved():
    golden, test = board((60, 70)), board()
    cv2.rectangle(test, (106, 57), (134, 83), 255, -1)
    assert step(golden, test, (40, 50, 80, 90), (100, 50, 140, 90)) is None
