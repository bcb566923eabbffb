import cv2
import numpy as np

from sage_inspect.tools.difference import (
    align_to,
    build_golden_set,
    difference,
    judge,
    shared_colours,
)
from sage_inspect.tools.geometry import rotation, warp


def part(seed=0, mark=None):
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), (70, 80, 95), np.float32)
    cv2.ellipse(image, (160, 120), (110, 65), 10, 0, 360, (170, 160, 140), -1)
    cv2.circle(image, (120, 110), 20, (60, 50, 40), -1)
    cv2.rectangle(image, (190, 110), (230, 145), (210, 205, 190), -1)
    if mark:
        cv2.circle(image, mark, 9, (190, 40, 40), -1)
    image = cv2.GaussianBlur(image, (0, 0), 1.2) + rng.normal(0, 3, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def test_noise_and_turn_stay_below_a_mark():
    goldens = build_golden_set([part()])
    quiet = difference(goldens, part(1)).distance
    turned = warp(part(2), rotation(2, 320, 240), (320, 240))
    found = difference(goldens, turned, align_to(goldens, turned).matrix)
    marked = difference(goldens, part(3, (170, 160)))
    assert quiet < 1.5 and found.distance < 1.8 and marked.distance > 4
    row, column = np.unravel_index(int(marked.field.argmax()), marked.field.shape)
    assert abs(column / marked.field.shape[1] * 320 - 170) < 12 and abs(row / marked.field.shape[0] * 240 - 160) < 12


def test_equal_image_has_no_distance():
    goldens = build_golden_set([part()])
    assert difference(goldens, part()).distance == 0


def test_the_nearest_of_several_golden_images_counts():
    goldens = build_golden_set([part(0), part(1, (170, 160))])
    found = difference(goldens, part(2, (170, 160)))
    assert found.best == 1 and found.distance < 1.5
    assert len(goldens.leave_one_out) == 2 and min(goldens.leave_one_out) > 3


def test_third_golden_image_sets_the_unit():
    goldens = build_golden_set([part(s) for s in range(4)])
    assert len(goldens.leave_one_out) == 4 and difference(goldens, part(9)).distance < 2


def test_grey_against_grey_ignores_hue():
    golden, test = part(), part()
    test[..., 0], test[..., 2] = golden[..., 2], golden[..., 0]
    assert difference(build_golden_set([golden], in_colour=False), golden[..., 1], in_colour=False).distance < 3


def test_another_object_is_told_and_the_same_is_not():
    goldens = build_golden_set([part()])
    other = np.full((240, 320, 3), (235, 235, 240), np.uint8)
    for y in range(20, 220, 25):
        cv2.line(other, (10, y), (310, 240 - y), (20, 90, 160), 6)
    alignment = align_to(goldens, other)
    assert judge(goldens, difference(goldens, other, alignment.matrix), alignment)
    for same in (part(4), part(5, (170, 160))):
        alignment = align_to(goldens, same)
        assert judge(goldens, difference(goldens, same, alignment.matrix), alignment) == ""


def test_shared_colours():
    assert shared_colours(part(), part()) == 1
    assert shared_colours(part(), np.full((50, 50, 3), (10, 250, 10), np.uint8)) < 0.01
