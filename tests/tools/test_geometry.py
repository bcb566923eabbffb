import cv2
import numpy as np
import pytest

from sage_inspect.tools.geometry import (
    Alignment,
    carry,
    compose,
    coverage,
    describe,
    fit_size,
    grey,
    identity,
    invert,
    plausible,
    rotation,
    scaling,
    tangent,
    translation,
    warp,
)


def test_compose_and_invert():
    matrix = compose(translation(3, -2), rotation(20, 100, 80))
    assert np.allclose(compose(matrix, invert(matrix)), identity(), atol=1e-12)


def test_identity_warp_returns_the_image_itself():
    image = np.arange(80, dtype=np.uint8).reshape(8, 10)
    assert warp(image, identity(), (10, 8)) is image


def test_warp_moves_by_whole_pixels():
    image = np.zeros((20, 20), np.uint8)
    image[5, 6] = 200
    assert warp(image, translation(4, 3), (20, 20))[8, 10] == 200


def test_coverage_follows_the_shift():
    seen = coverage(translation(5, 0), (20, 10), (20, 10))
    assert not seen[:, :5].any() and seen[:, 5:].all()


def test_scaling_maps_pixel_areas():
    # The outer edges of the first and last pixel land on the outer edges.
    matrix = scaling(2, 2)
    assert np.allclose(matrix @ [-0.5, -0.5, 1], [-0.5, -0.5])
    assert np.allclose(matrix @ [9.5, 9.5, 1], [19.5, 19.5])


def test_fit_size_same_scaled_turned_and_cropped():
    assert fit_size((100, 50), (100, 50))[1] == ""
    matrix, note = fit_size((100, 50), (200, 102))
    assert "scaled" in note and matrix[0, 0] == 2
    matrix, note = fit_size((100, 50), (50, 100))
    assert "quarter" in note
    corner = matrix @ [99, 0, 1]
    assert np.allclose(corner, [0, 0])
    matrix, note = fit_size((100, 100), (100, 160))
    assert "shapes differ" in note and np.allclose(matrix, [[1, 0, 0], [0, 1, 30]])


def test_describe_reads_angle_scale_and_shift_of_the_centre():
    matrix = compose(translation(4, -3), compose(scaling(1, 1), rotation(10, 101, 81)))
    found = describe(Alignment(matrix, "affine", 0.9), (101, 81), (101, 81))
    assert found.angle == pytest.approx(10, abs=1e-3)
    assert (found.dx, found.dy) == (pytest.approx(4), pytest.approx(-3))
    assert found.scale == pytest.approx(1)
    still = describe(Alignment(identity(), "identity", 1.0), (10, 10), (10, 10))
    assert (still.dx, still.dy, still.angle, still.scale) == (0, 0, 0, 1)


def test_with_note_joins():
    assert Alignment(identity(), "none", 0, False, "b").with_note("a").note == "a; b"
    assert Alignment(identity(), "none", 0).with_note("").note == ""


def test_grey_of_grey_and_colour():
    flat = np.full((4, 4, 3), 90, np.uint8)
    assert np.array_equal(grey(flat), flat[..., 0])
    assert grey(flat[..., 0]).shape == (4, 4)


def seen_aslant(size, share=0.03):
    width, height = size
    corners = np.float32([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    step = share * max(size)
    moved = corners + np.float32([[0, 0], [-step, step], [step, -step / 2], [step, 0]])
    return cv2.getPerspectiveTransform(corners, moved), corners, moved


def test_perspective_carries_composes_and_inverts():
    matrix, corners, moved = seen_aslant((200, 120))
    assert np.allclose(carry(corners, matrix), moved, atol=1e-3)
    assert np.allclose(
        carry(carry(corners, translation(3, 4)), matrix), carry(corners, compose(matrix, translation(3, 4)))
    )
    assert invert(matrix).shape == (3, 3)
    # What perspective leaves is told as what it is: affine again.
    assert np.allclose(compose(invert(matrix), matrix), identity(), atol=1e-9)


def test_tangent_is_right_in_the_middle_and_off_at_the_corners():
    matrix, corners, _ = seen_aslant((200, 120))
    near = tangent(matrix, (200, 120))
    close = np.array([[99.5, 59.5], [101.5, 58.5]])
    assert near.shape == (2, 3) and np.allclose(carry(close, near), carry(close, matrix), atol=0.01)
    assert np.abs(carry(corners, near) - carry(corners, matrix)).max() > 1


def test_warp_and_coverage_follow_perspective():
    image = np.zeros((120, 200), np.uint8)
    cv2.circle(image, (150, 40), 6, 255, -1)
    matrix, _, moved = seen_aslant((200, 120))
    y, x = np.nonzero(warp(image, matrix, (200, 120), border=0) > 127)
    assert np.allclose([x.mean(), y.mean()], carry(np.array([[150.0, 40.0]]), matrix)[0], atol=0.5)
    seen = coverage(matrix, (200, 120), (200, 120))
    assert not seen[1, 198] and seen[int(moved[1, 1]) + 2, int(moved[1, 0]) - 2]


def test_plausible_takes_what_a_camera_does_and_not_what_would_hide_a_defect():
    size = (200, 120)
    for matrix in (identity(), rotation(170, *size), scaling(1.1, 1.1), scaling(1.05, 1.0), seen_aslant(size)[0]):
        assert plausible(matrix, size, stretch=0.12)
    mirror = np.array([[-1.0, 0, 199], [0, 1, 0]])
    for matrix in (mirror, scaling(1.3, 1.3), scaling(1.2, 1.0), seen_aslant(size, 0.25)[0], identity() * np.nan):
        assert not plausible(matrix, size, stretch=0.12)
