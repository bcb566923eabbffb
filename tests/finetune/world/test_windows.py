"""Windows: where they lie, that mask, test and golden show the same place, and what counts as visible."""

from __future__ import annotations

import numpy as np

from sage_inspect.finetune.world.boards.crops import SIDE, STORED
from sage_inspect.finetune.world.nuisance import SHIFT, Nuisance
from sage_inspect.finetune.world.windows import Cut, Spots, fit, place_of, render, visible

PLAIN = (Nuisance(), Nuisance())


def _scene(size: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A chequered golden picture, the same with a bright spot, and the spot."""
    y, x = np.mgrid[0:size, 0:size]
    golden = np.where(((y // 12 + x // 12) % 2)[..., None] > 0, 120, 80).astype(np.uint8).repeat(3, 2)
    mask = (y - 150) ** 2 + (x - 200) ** 2 < 100
    return np.where(mask[..., None], 230, golden).astype(np.uint8), golden, mask


def test_fit_keeps_the_window_inside_the_image():
    assert fit(150, 150, 96, 300) == Cut(98, 98, 104)
    assert fit(0, 299, 96, 300) == Cut(0, 196, 104)
    assert fit(10, 10, 900, 300) == Cut(0, 0, 300)


def test_place_and_size_of_a_mask():
    mask = np.zeros((STORED, STORED), np.uint8)
    assert place_of(mask) == (-1, 0)
    mask[10:20, 80:85] = 1
    assert place_of(mask) == (2, 10)
    mask[:] = 0
    mask[50:54, 50:54] = 1
    assert place_of(mask) == (4, 4)
    # The middle of the box counts, in the inner window: 4 + 32 is the first line of the grid.
    mask[:] = 0
    mask[30:40, 50:52] = 1
    assert place_of(mask)[0] == 1
    mask[40:44, 50:52] = 1
    assert place_of(mask)[0] == 4


def test_the_three_pictures_of_a_window_agree():
    test, golden, mask = _scene()
    for side in (60, 96, 170):
        cut = fit(205, 140, side, 300)
        near, far, small = render(test, golden, mask, cut, PLAIN, np.random.default_rng(0))
        gap = np.abs(near.astype(int) - far)
        assert gap[small == 1].mean() > 80
        # Resampling differs by a little at the chequers' edges.
        assert gap[small == 0].mean() < 6
        assert abs(small.mean() - mask[cut.area].mean()) < 0.01


def test_the_golden_window_moves_as_its_nuisance_says():
    _, golden, _ = _scene()
    cut = fit(150, 150, 96, 300)
    own = Nuisance(dx=4 / STORED)
    near, far, _ = render(golden, golden, None, cut, (own, Nuisance()), np.random.default_rng(0))
    assert np.abs(far[:, 4:].astype(int) - near[:, :-4]).max() <= 2
    assert np.abs(far.astype(int) - near).max() > 30
    # At the image's border there is something to move in, too.
    corner = render(golden, golden, None, fit(0, 0, 96, 300), (own, Nuisance()), np.random.default_rng(0))
    assert np.abs(corner[1][:, 4:].astype(int) - corner[0][:, :-4]).max() <= 2


def test_what_noise_would_hide_is_no_window():
    test, golden, mask = _scene()
    cut = fit(200, 150, 96, 300)
    faint = np.where(mask[..., None], golden + 6, golden).astype(np.uint8)
    assert render(faint, golden, mask, cut, PLAIN, np.random.default_rng(0)) is None
    assert visible(test, golden, mask.astype(np.uint8), Nuisance(noise=8))
    fair = np.where(mask[..., None], golden + 20, golden).astype(np.uint8)
    assert visible(fair, golden, mask.astype(np.uint8), Nuisance())
    assert not visible(fair, golden, mask.astype(np.uint8), Nuisance(noise=9))


def test_negatives_keep_clear_of_defects_and_look_where_it_is_hard():
    test, golden, mask = _scene()
    golden[:, :40] = test[:, :40] = 200  # nothing to mistake on the left
    spots = Spots(test, golden, mask)
    rng = np.random.default_rng(0)
    own = Nuisance(dx=SHIFT)
    cuts = [c for _ in range(60) if (c := spots.cut(96, own, rng)) is not None]
    assert len(cuts) > 30
    assert not any(mask[c.area].any() for c in cuts)
    full = Spots(test, golden, np.ones_like(mask))
    assert full.cut(float(SIDE), own, rng) is None
