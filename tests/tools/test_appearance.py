import numpy as np
import pytest

from sage_inspect.tools.appearance import ENERGIES, appearance, raw_cells


def grain(seed=0, shape=(96, 128)):
    noise = np.random.default_rng(seed).normal(120, 12, (*shape, 1))
    return np.repeat(np.clip(noise, 0, 255), 3, axis=2).astype(np.uint8)


def test_shapes_and_rim():
    raw = raw_cells(grain())
    assert raw.shape == (24, 32, 40) and raw.dtype == np.float32
    cells = appearance(raw)
    assert cells.shape == (24, 32, 244) and cells.dtype == np.float32 and np.isfinite(cells).all()
    # The last four: cells to the upper, lower, left and right border, at most 8, over 8.
    assert cells[0, 0, -4:] == pytest.approx([0, 1, 0, 1]) and cells[12, 16, -4:] == pytest.approx([1, 1, 1, 1])
    assert cells[2, 31, -4:] == pytest.approx([0.25, 1, 1, 0])


def test_exposure_is_an_offset_that_the_median_takes():
    bright, dim = grain(), (grain() * 0.6).astype(np.uint8)
    away = np.abs(appearance(raw_cells(bright)) - appearance(raw_cells(dim)))
    assert np.median(away) < 0.1


def test_a_pore_stands_out_and_energies_follow_the_grain():
    pored = grain()
    pored[40:44, 60:64] = 30
    plain, marked = appearance(raw_cells(grain())), appearance(raw_cells(pored))
    change = np.abs(marked - plain).max(axis=2)
    assert np.unravel_index(int(change.argmax()), change.shape)[0] in (9, 10, 11)
    rough = raw_cells(grain())[..., ENERGIES].mean()
    assert rough > raw_cells(np.full((96, 128, 3), 120, np.uint8))[..., ENERGIES].mean() + 0.5


def test_a_tiny_image_has_cells():
    assert np.isfinite(appearance(raw_cells(grain(shape=(32, 32))))).all()
