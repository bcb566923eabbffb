"""Harmless differences: within bounds, no more than they say, and the same geometry in theory and in pixels."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.nuisance import ANGLE, SHIFT, Nuisance, develop, draw_pair, luma, move, pose


def _dots(size: int = 97) -> np.ndarray:
    image = np.zeros((size, size, 3), np.uint8)
    for y, x in ((20, 30), (70, 25), (48, 75)):
        image[y - 2 : y + 3, x - 2 : x + 3] = 255
    return image


def test_draws_stay_within_bounds_and_only_the_golden_picture_moves():
    rng = np.random.default_rng(0)
    pairs = [draw_pair(rng) for _ in range(300)]
    for golden, test in pairs:
        assert abs(golden.dx) <= SHIFT
        assert abs(golden.dy) <= SHIFT
        assert abs(golden.angle) <= ANGLE
        assert (test.dx, test.dy, test.angle, test.scale) == (0, 0, 0, 1)
    mild = np.mean([max(abs(g.dx), abs(g.dy)) < 0.36 * SHIFT for g, _ in pairs])
    assert 0.45 < mild < 0.75
    assert np.max([abs(g.dx) for g, _ in pairs]) > 0.9 * SHIFT


def test_move_shifts_by_the_share_it_says():
    own = Nuisance(dx=5 / 97, dy=-3 / 97)
    moved = move(_dots(), own)
    assert (moved[10:60, 10:60] == np.roll(_dots(), (-3, 5), (0, 1))[10:60, 10:60]).all()


@pytest.mark.parametrize("own", [Nuisance(angle=8.0), Nuisance(dx=0.02, angle=-6, scale=1.05)])
def test_pose_leads_back_to_the_point(own):
    moved = move(_dots(), own).mean(2)
    matrix = pose(own, 97, 97)
    for y, x in ((20, 30), (70, 25), (48, 75)):
        there = np.linalg.inv(matrix) @ (x, y, 1)
        assert moved[round(there[1]), round(there[0])] > 200


def test_nothing_changes_without_nuisance():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (40, 50, 3)).astype(np.uint8)
    plain = Nuisance()
    assert (move(image, plain) == image).all()
    assert (develop(image, plain, rng) == image).all()
    grey = luma(image, plain)
    assert (develop(grey, plain, rng) == grey).all()


def test_light_cast_noise_and_compression_do_what_they_say():
    rng = np.random.default_rng(0)
    image = np.full((64, 64, 3), 100, np.uint8)
    assert abs(develop(image, Nuisance(gain=1.2, offset=5), rng).mean() - 125) < 1
    cast = develop(image, Nuisance(cast=(1.2, 1.0, 0.8)), rng)[0, 0]
    assert tuple(cast) == (120, 100, 80)
    assert luma(image, Nuisance(cast=(1.2, 1.2, 1.2))).mean() == 120
    slope = develop(image, Nuisance(slope=(0.2, 0)), rng)
    assert slope[:, 0].mean() < 85
    assert slope[:, -1].mean() > 115
    shade = develop(image, Nuisance(shade=(0.0, 0.5, 0.3, 0.2)), rng).mean(2)
    assert shade[32, 0] > 117
    assert abs(shade[32, 63] - 100) < 2
    # Cloudy: it differs from place to place, hardly from pixel to pixel.
    mottle = develop(image, Nuisance(mottle=0.04, cells=6), rng)[..., 0].astype(float)
    assert 1.5 < mottle.std() < 6
    assert np.abs(np.diff(mottle, axis=0)).mean() < 1
    assert abs(develop(image, Nuisance(noise=5), rng).astype(float).std() - 5) < 0.5
    edge = image.copy()
    edge[:, 29:] = 200
    assert (develop(edge, Nuisance(blur=1.5), rng)[:, 28] > 120).all()
    coded = develop(edge, Nuisance(jpeg=50), rng)
    assert coded.shape == edge.shape
    assert (coded != edge).any()
    assert abs(coded[5, 5].astype(int) - edge[5, 5]).max() < 12
