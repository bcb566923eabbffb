import cv2
import numpy as np
import pytest

from sage_inspect.tools.boards import changed_masks, find_blobs, foreground_mask, is_bilevel, moved_only, type_hint

PLANTS = {
    "short": (lambda m: cv2.rectangle(m, (150, 62), (156, 108), 255, -1), "added", (150, 70, 157, 100)),
    "spur": (lambda m: cv2.rectangle(m, (240, 60), (247, 78), 255, -1), "added", (240, 70, 248, 79)),
    "spurious copper": (lambda m: cv2.circle(m, (60, 230), 6, 255, -1), "added", (54, 224, 67, 237)),
    "open": (lambda m: cv2.rectangle(m, (200, 98), (208, 122), 0, -1), "missing", (200, 100, 209, 121)),
    "mousebite": (lambda m: cv2.circle(m, (100, 100), 7, 0, -1), "missing", (93, 100, 108, 108)),
    "pin-hole": (lambda m: cv2.circle(m, (200, 230), 5, 0, -1), "missing", (195, 225, 206, 236)),
}


def golden():
    """Two tracks 20 pixels wide (rows 50 to 69 and 100 to 120) and a pad of radius 40 at (200, 230)."""
    mask = np.zeros((320, 320), np.uint8)
    cv2.rectangle(mask, (20, 50), (300, 69), 255, -1)
    cv2.rectangle(mask, (20, 100), (300, 120), 255, -1)
    cv2.circle(mask, (200, 230), 40, 255, -1)
    return mask


def iou(a, b):
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(0, wide) * max(0, high)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


@pytest.mark.parametrize("name", PLANTS)
def test_each_planted_defect_is_found_boxed_and_named(name):
    plant, change, box = PLANTS[name]
    test = golden()
    plant(test)
    blobs = find_blobs(test, golden(), *changed_masks(test, golden()))
    assert [(b.change, b.hint) for b in blobs] == [(change, name)]
    assert iou(blobs[0].box, box) > 0.6


def test_all_six_together_keep_their_places():
    test = golden()
    for plant, _, _ in PLANTS.values():
        plant(test)
    blobs = find_blobs(test, golden(), *changed_masks(test, golden()))
    assert sorted(b.hint for b in blobs) == sorted(PLANTS)
    assert [b.area for b in blobs] == sorted((b.area for b in blobs), reverse=True)


def test_a_pixel_of_edge_is_no_difference():
    for test in (cv2.dilate(golden(), np.ones((3, 3))), cv2.erode(golden(), np.ones((3, 3)))):
        added, missing = changed_masks(test, golden())
        assert not added.any() and not missing.any()


def test_nothing_counts_where_the_golden_image_is_unknown():
    test, valid = golden(), np.ones((320, 320), bool)
    PLANTS["spurious copper"][0](test)
    valid[200:, :100] = False
    assert not changed_masks(test, golden(), valid)[0].any()


def test_a_local_shift_is_no_defect_but_a_spur_is():
    test = golden()
    test[40:130, 200:] = np.roll(golden(), 3, axis=0)[40:130, 200:]
    assert moved_only(test, golden(), (210, 49, 300, 73))
    spur = golden()
    PLANTS["spur"][0](spur)
    assert not moved_only(spur, golden(), (240, 70, 248, 79))


def test_type_hint_at_the_image_corner():
    test = np.zeros((40, 40), np.uint8)
    test[:8, :8] = 255
    assert type_hint(test, np.zeros_like(test), test[:8, :8], (0, 0, 8, 8), "added") == "spurious copper"


def test_bilevel_or_not():
    clean = 255 - golden()
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 12, clean.shape), 0, 255).astype(np.uint8)
    assert is_bilevel(clean) and is_bilevel(np.dstack([clean] * 3)) and is_bilevel(cv2.GaussianBlur(noisy, (0, 0), 1))
    assert not is_bilevel(np.full((50, 50), 255, np.uint8))
    assert not is_bilevel(np.tile(np.arange(256, dtype=np.uint8), (64, 1)))
    assert not is_bilevel(np.dstack([clean, clean, np.zeros_like(clean)]))


def test_foreground_is_the_dark_phase_unless_told_otherwise():
    picture = np.where(golden() > 0, 40, 220).astype(np.uint8)
    assert np.array_equal(foreground_mask(picture), golden())
    assert np.array_equal(foreground_mask(255 - picture, "light"), golden())


def test_salt_and_pepper_is_taken_out():
    picture = 255 - golden()
    where = np.random.default_rng(0).random(picture.shape)
    picture[where < 0.025], picture[where > 0.975] = 0, 255
    assert np.count_nonzero(foreground_mask(picture) != golden()) < 0.004 * picture.size
