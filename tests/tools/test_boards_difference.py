import cv2
import numpy as np

from sage_inspect.tools.boards_difference import board_difference, build_board_set, is_board_pair
from sage_inspect.tools.geometry import translation, warp


def board(*holes, spurs=()):
    image = np.full((256, 256), 255, np.uint8)
    for y in (40, 90, 140):
        cv2.rectangle(image, (16, y), (230, y + 18), 0, -1)
    cv2.circle(image, (190, 205), 30, 0, -1)
    for x, y in holes:
        cv2.circle(image, (x, y), 5, 255, -1)
    for x, y in spurs:
        cv2.circle(image, (x, y), 6, 0, -1)
    return image


def test_pair_kind():
    assert is_board_pair(board(), [board()])
    assert is_board_pair(np.full((256, 256), 255, np.uint8), [board()])
    assert not is_board_pair(board(), [np.tile(np.arange(256, dtype=np.uint8), (256, 1))])


def test_a_difference_counts_only_if_no_golden_image_has_it():
    goldens = build_board_set([board(), board((100, 49))])
    assert board_difference(goldens, board((100, 49))).distance == 0
    found = board_difference(goldens, board((100, 49), (60, 149)))
    assert [(b.change, b.hint) for b in found.blobs] == [("missing", "pin-hole")]
    assert found.best == 1 and abs(found.blobs[0].box[0] - 55) <= 1


def test_leave_one_out_is_the_odd_one_s_own_difference():
    goldens = build_board_set([board(), board(), board((100, 49))])
    assert goldens.leave_one_out[:2] == (0, 0) and goldens.leave_one_out[2] > 50
    assert build_board_set([board()]).leave_one_out == ()


def test_goldens_are_laid_over_each_other():
    shifted = warp(board(), translation(6, -4), (256, 256), border=255)
    goldens = build_board_set([board(), shifted, board()])
    assert max(goldens.leave_one_out) == 0
    found = board_difference(goldens, board(spurs=[(60, 215)]))
    assert [b.change for b in found.blobs] == ["added"]


def test_blank_test_image_lacks_everything():
    found = board_difference(build_board_set([board()]), np.full((256, 256), 255, np.uint8))
    assert found.blobs and {b.change for b in found.blobs} == {"missing"}


def full_board(*holes):
    """Tracks from border to border, joined here and there, with round holes."""
    image = np.full((256, 256), 255, np.uint8)
    for x in range(14, 240, 30):
        cv2.rectangle(image, (x, 0), (x + 13, 255), 0, -1)
    for x, y in ((50, 30), (110, 80), (20, 150), (170, 180), (80, 220), (140, 240)):
        cv2.rectangle(image, (x, y), (x + 30, y + 10), 0, -1)
    for x, y in holes:
        cv2.circle(image, (x, y), 7, 255, -1)
    return image


def test_a_picture_that_ends_early_is_told_and_a_defect_in_it_still_found():
    test = full_board((50, 120))
    test[:9] = 255
    found = board_difference(build_board_set([full_board()]), test)
    assert found.alignment.comparable and found.alignment.note == "the test image ends 9 px early at the top"
    assert len(found.blobs) == 1 and abs(found.blobs[0].box[1] - 113) <= 1


def test_a_golden_picture_that_ends_early_is_no_odd_one():
    ended = full_board()
    ended[:9] = 255
    assert max(build_board_set([ended, full_board(), full_board()]).leave_one_out) == 0


def test_a_track_that_ends_early_at_the_border_is_a_defect():
    test = full_board()
    test[:9, 104:118] = 255
    found = board_difference(build_board_set([full_board()]), test)
    assert found.alignment.note == "" and [b.change for b in found.blobs] == ["missing"]


def test_a_shallow_bite_is_a_defect_of_a_narrow_track_only():
    def board(width, depth):
        image = np.full((256, 256), 255, np.uint8)
        cv2.rectangle(image, (20, 60), (235, 60 + width - 1), 0, -1)
        cv2.circle(image, (128, 180), 50, 0, -1)
        image[60 : 60 + depth, 100:130] = 255
        return image

    for width, depth, count in ((40, 3, 0), (40, 5, 1), (8, 3, 1)):
        found = board_difference(build_board_set([board(width, 0)]), board(width, depth))
        assert len(found.blobs) == count, (width, depth)
