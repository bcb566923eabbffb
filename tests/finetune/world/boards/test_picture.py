"""Pictures of a copper mask: dark copper, the nuisance that was asked for, and no more."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sage_inspect.finetune.world.boards.picture import STYLES, Look, Nuisance, colour, draw_look, draw_nuisance, picture

PLAIN = Look("bilevel", 0, 255, blur=0.8, rough=0, noise=0)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def mask():
    """A copper square of 40 pixels, its middle at 60, 50."""
    made = np.zeros((100, 120), np.uint8)
    made[30:70, 40:80] = 1
    return made


def middle(luma):
    ys, xs = np.nonzero(luma < 128)
    return (xs.min() + xs.max() + 1) / 2, (ys.min() + ys.max() + 1) / 2


@pytest.mark.parametrize("style", STYLES)
def test_copper_is_dark_in_every_style(mask, style):
    for seed in range(6):
        look = draw_look(rng(seed), style)
        assert look.style == style
        assert look.copper <= look.board - 70
        luma = picture(mask, look, Nuisance(), rng(seed))
        assert luma.shape == mask.shape
        assert luma.dtype == np.uint8
        assert luma[35:65, 45:75].mean() + 40 < luma[:20].mean()
        if style == "bilevel":
            assert set(np.unique(luma)) == {0, 255}


def test_a_picture_without_nuisance_is_the_mask(mask):
    luma = picture(mask, PLAIN, Nuisance(), rng())
    assert ((luma == 0) != (mask == 1)).sum() <= 4  # blur rounds the corners


def test_offset_and_threshold(mask):
    moved = picture(mask, PLAIN, Nuisance(dx=3, dy=-2), rng())
    assert middle(moved) == pytest.approx((63, 48), abs=0.51)
    thick, thin = (picture(mask, PLAIN, Nuisance(threshold=t), rng()) for t in (0.25, 0.75))
    assert (thick == 0).sum() > mask.sum() > (thin == 0).sum()


def test_rotation_leaves_its_centre_in_place(mask):
    about = picture(mask, PLAIN, Nuisance(angle=10), rng(), center=(60, 50))
    assert middle(about) == pytest.approx((60, 50), abs=0.6)
    off = picture(mask, PLAIN, Nuisance(angle=10), rng(), center=(0, 0))
    turn = cv2.getRotationMatrix2D((0, 0), 10, 1.0)
    assert middle(off) == pytest.approx(tuple(turn @ (60, 50, 1)), abs=0.8)


def test_edges_are_ragged_and_copper_is_whole(mask):
    rough = Look("bilevel", 0, 255, blur=0.8, rough=0.35, noise=0)
    for seed in range(10):
        luma = picture(mask, rough, Nuisance(), rng(seed))
        assert (luma[34:66, 44:76] == 0).all(), "no pin-holes"
        assert (luma[:26] == 255).all(), "no stray copper"
    assert len({picture(mask, rough, Nuisance(), rng(seed)).tobytes() for seed in range(5)}) == 5


def test_light_and_gain_change_grey_pictures_only(mask):
    grey = Look("grey", 20, 200, blur=0.8, rough=0, noise=0)
    plain, bright = (picture(mask, grey, Nuisance(gain=g), rng()) for g in (1.0, 1.2))
    assert bright[5, 5] == pytest.approx(1.2 * plain[5, 5], abs=2)
    slope = picture(mask, grey, Nuisance(light=0.2), rng())
    assert slope[5, 115] > slope[5, 5] + 20
    assert np.array_equal(*(picture(mask, PLAIN, Nuisance(gain=g), rng()) for g in (1.0, 1.2)))


def test_compression_leaves_traces(mask):
    soft = Look("soft", 0, 255, blur=0.8, rough=0, noise=0)
    plain, coded = (picture(mask, soft, Nuisance(jpeg=quality), rng()) for quality in (0, 60))
    gap = np.abs(plain.astype(int) - coded)
    assert 0 < gap.mean() < 5


def test_nuisance_stays_within_its_reach():
    drawn = [draw_nuisance(rng(seed), shift=2.5, angle=1.5) for seed in range(300)]
    assert max(max(abs(n.dx), abs(n.dy)) for n in drawn) <= 2.5
    assert max(abs(n.angle) for n in drawn) <= 1.5
    small = np.mean([max(abs(n.dx), abs(n.dy)) <= 0.75 for n in drawn])
    assert 0.45 < small < 0.75
    assert {n.jpeg == 0 for n in drawn} == {True, False}
    still = draw_nuisance(rng(), 0, 0)
    assert (still.dx, still.dy, still.angle) == (0, 0, 0)


def test_two_thirds_are_black_and_white():
    styles = [draw_look(rng(seed)).style for seed in range(300)]
    assert 0.58 < styles.count("bilevel") / 300 < 0.74
    assert set(styles) == set(STYLES)


def test_colour_keeps_the_luma_but_for_the_tint(mask):
    luma = picture(mask, PLAIN, Nuisance(), rng())
    assert (colour(luma, PLAIN) == luma[..., None]).all()
    tinted = Look("tinted", 0, 255, 0.8, 0, 0, tint=(0.5, 1.0, 0.25))
    assert colour(luma, tinted)[5, 5].tolist() == [127, 255, 63]


def test_large_pictures_have_noise_everywhere():
    wide = picture(np.zeros((40, 1500), np.uint8), Look("grey", 20, 150, 0.8, 0, 5), Nuisance(), rng())
    assert min(part.std() for part in np.array_split(wide.astype(float), 6, axis=1)) > 3
