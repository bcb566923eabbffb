"""What objects lie on, and print: levels are kept, and words stand where they should."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.objects.draw import Frame, luma
from sage_inspect.finetune.world.objects.ground import background, lettering, print_text


def test_text_stands_where_it_should():
    frame = Frame.draw(np.random.default_rng(5), 200, angle=0.0)
    assert lettering("B12").shape[0] == 40 and lettering("B12").max() == 255
    window, ink = print_text(frame, "B12", (0.1, 0), 0.3)
    ys, xs = np.nonzero(ink > 100)
    x = frame.px(np.array([[0.1, 0.0]]))[0, 0]
    assert (xs.min() + xs.max()) / 2 + window[1].start == pytest.approx(x, abs=3)
    assert np.ptp(ys) + 1 == pytest.approx(0.3 * frame.scale, abs=3)


def test_backgrounds_keep_their_level():
    for seed in range(20):
        ground = background(np.random.default_rng(seed), 96, 90)
        assert ground.shape == (96, 96, 3) and ground.dtype == np.float32
        assert 78 < luma(ground).mean() < 102


def test_grounds_differ_and_follow_from_the_seed():
    grounds = [background(np.random.default_rng(seed), 64, 120).tobytes() for seed in (1, 1, 2, 3)]
    assert grounds[0] == grounds[1]
    assert len(set(grounds)) == 3


def test_a_turned_word_runs_the_other_way():
    frame = Frame.draw(np.random.default_rng(5), 200, angle=0.0)
    spans = []
    for angle in (0.0, -np.pi / 2):
        _, ink = print_text(frame, "LONG", (0, 0), 0.2, angle)
        ys, xs = np.nonzero(ink > 100)
        spans.append((np.ptp(xs), np.ptp(ys)))
    assert spans[0][0] > 1.8 * spans[0][1]
    assert spans[1][1] > 1.8 * spans[1][0]
