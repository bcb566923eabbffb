import numpy as np
import pytest

from sage_inspect.tools.geometry import (
    Alignment,
    compose,
    coverage,
    describe,
    fit_size,
    grey,
    identity,
    invert,
    rotation,
    scaling,
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
