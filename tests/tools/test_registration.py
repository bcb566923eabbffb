import cv2
import numpy as np
import pytest

from sage_inspect.tools.geometry import carry, compose, describe, rotation, translation, warp
from sage_inspect.tools.registration import ncc, register


def part():
    image = np.full((300, 400), 70, np.uint8)
    cv2.ellipse(image, (200, 150), (120, 70), 20, 0, 360, 170, -1)
    cv2.circle(image, (150, 130), 22, 30, -1)
    cv2.rectangle(image, (230, 140), (290, 180), 230, -1)
    cv2.line(image, (120, 190), (260, 100), 110, 7)
    return cv2.GaussianBlur(image, (0, 0), 1.2)


@pytest.mark.parametrize(
    ("dx", "dy", "angle"), [(5, 0, 0), (-12, 9, 0), (0, 0, 1), (8, -5, 4), (6, 3, 70), (0, 0, -165)]
)
def test_finds_shift_and_turn(dx, dy, angle):
    golden = part()
    test = warp(golden, compose(translation(dx, dy), rotation(angle, 400, 300)), (400, 300))
    found = register(test, golden)
    read = describe(found, (400, 300), (400, 300))
    assert found.confidence > 0.97
    assert (read.dx, read.dy) == (pytest.approx(dx, abs=1.5), pytest.approx(dy, abs=1.5))
    assert (read.angle - angle + 180) % 360 - 180 == pytest.approx(0, abs=1)
    assert read.scale == pytest.approx(1, abs=0.02)


def aslant(image, share, seed):
    """The image with its corners moved by up to a share of its sides, edge repeated, and the map."""
    corners = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    moved = corners + np.random.default_rng(seed).uniform(-share, share, (4, 2))
    size = np.array(image.shape[1::-1])
    matrix = cv2.getPerspectiveTransform(np.float32(corners * size), np.float32(moved * size))
    return warp(image, matrix, image.shape[1::-1]), matrix


@pytest.mark.parametrize("seed", [2, 5, 7])
def test_a_part_seen_aslant_lies_right_at_its_rim(seed):
    golden = part()
    for x, y in ((30, 30), (360, 40), (40, 260), (350, 250)):
        cv2.circle(golden, (x, y), 16, 220, -1)
    test, matrix = aslant(golden, 0.04, seed)
    found = register(test, golden)
    rim = np.array([[30.0, 30], [360, 40], [40, 260], [350, 250]])
    assert found.method == "perspective" and found.confidence > 0.98
    assert np.abs(carry(rim, found.matrix) - carry(rim, matrix)).max() < 1.2


def test_equal_images_stay_where_they_are():
    found = register(part(), part())
    assert found.method == "identity" and found.confidence == pytest.approx(1)


def test_light_from_one_side_does_not_turn_the_part():
    golden = part()
    test = np.clip(golden * np.linspace(0.7, 1.1, 400)[None, :], 0, 255).astype(np.uint8)
    read = describe(register(test, golden), (400, 300), (400, 300))
    assert abs(read.angle) < 1 and abs(read.dx) < 2 and abs(read.dy) < 2


def test_a_missing_part_is_not_stretched_over():
    golden, test = part(), part()
    test[:, 215:] = 70
    read = describe(register(test, golden), (400, 300), (400, 300))
    assert abs(read.scale - 1) < 0.2


def test_flat_images():
    flat = np.full((64, 64), 100, np.uint8)
    assert register(flat, flat).confidence == pytest.approx(1)
    assert register(flat, part()[:64, :64]).method == "identity"


def test_ncc_by_hand():
    a = np.array([[0, 100], [100, 0]], np.uint8)
    assert ncc(a, a) == pytest.approx(1) and ncc(a, 100 - a) == pytest.approx(-1)
    assert ncc(a, np.full_like(a, 7)) == 0
