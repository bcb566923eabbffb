"""Whole samples: what was asked for, what can be seen, and nothing unlabelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world.families import families, family
from sage_inspect.finetune.world.family import Scene
from sage_inspect.finetune.world.sample import box_of, draw_sample
from sage_inspect.schema import Box


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_a_sample_of_each_family(one):
    found = 0
    for i, kind in enumerate(one.types):
        sample = draw_sample(one, np.random.default_rng((1, i)), 112, [kind.name])
        again = draw_sample(one.name, np.random.default_rng((1, i)), 112, [kind.name])
        assert (sample.test == again.test).all()
        assert (sample.golden == again.golden).all()
        assert sample.test.shape == sample.golden.shape == (112, 112, 3)
        assert sample.family == one.name
        for defect in sample.defects:
            assert defect.type == kind.name
            assert defect.box == box_of(defect.mask)
            found += 1
    assert found >= len(one.types) - 1


def test_balance_of_samples_without_types():
    board = family("bare board")
    counts = np.bincount([len(draw_sample(board, np.random.default_rng((2, i)), 96).defects) for i in range(100)])
    assert len(counts) == 4
    assert 0.35 < counts[0] / 100 < 0.6
    assert counts[1] > counts[2] > counts[3] > 0


def test_what_cannot_be_seen_is_neither_labelled_nor_there():
    board = family("bare board")

    def faint(rng, size, types):
        golden = np.full((size, size, 3), 100, np.uint8)
        test, mask, plain = golden.copy(), np.zeros((size, size), bool), np.zeros((size, size), bool)
        mask[10:20, 10:20] = True
        plain[40:60, 40:60] = True
        test[mask] = 104
        test[plain] = 220
        return Scene(golden, test, (("open", mask), ("short", plain)))

    one = replace(board, name="other", draw=faint)
    sample = draw_sample(one, np.random.default_rng(0), 96, ["open", "short"])
    assert [d.type for d in sample.defects] == ["short"]
    assert sample.defects[0].box == Box(40, 40, 60, 60)
    around = np.abs(sample.test[8:22, 8:22].astype(float).mean() - sample.test[8:22, 24:38].astype(float).mean())
    assert around < 4


def test_unknown_names():
    with pytest.raises(BadInput, match="teapot"):
        draw_sample("teapot", np.random.default_rng(0))
    with pytest.raises(KeyError, match="crack in the handle"):
        draw_sample("bare board", np.random.default_rng(0), 96, ["crack in the handle"])
