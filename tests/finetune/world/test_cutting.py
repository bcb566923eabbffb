"""Windows of all families: deterministic, balanced, and no label that the pictures do not bear out."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from sage_inspect.finetune.world import cutting
from sage_inspect.finetune.world.cutting import draw_windows, window_side
from sage_inspect.finetune.world.families import families, family, family_names, label_names
from sage_inspect.finetune.world.family import Scene


@pytest.fixture(scope="module")
def windows():
    return list(islice(draw_windows(3), 500))


def test_everything_follows_from_the_seed(windows):
    for a, b in zip(windows, islice(draw_windows(3), 60), strict=False):
        assert (a.test == b.test).all()
        assert (a.label, a.family, a.place, a.size) == (b.label, b.family, b.place, b.size)
    other = next(draw_windows(4))
    assert (other.test != windows[0].test).any()


def test_types_are_balanced_and_nearly_half_show_nothing(windows):
    labels = np.array([w.label for w in windows])
    drawn = np.array([w.family for w in windows])
    assert 0.38 < (labels == 0).mean() < 0.5
    per_type = []
    for one in families(False):
        mine = labels[drawn == family_names().index(one.name)]
        assert 0.3 < (mine == 0).mean() < 0.6, one.name
        counts = [(mine == label_names().index(t.name)).sum() for t in one.types]
        assert min(counts) >= 1, one.name
        per_type.append((mine > 0).sum() / len(one.types))
    assert max(per_type) < 2.5 * min(per_type)


def test_held_out_families_are_not_drawn(windows):
    held = {family_names().index(f.name) for f in families(True)}
    assert not held & {w.family for w in windows}


def test_labels_are_borne_out(windows):
    inside, outside = [], []
    for w in windows:
        assert bool(w.mask.any()) == (w.label > 0) == (w.place >= 0) == (w.size > 0)
        if w.label:
            gap = np.abs(w.test.astype(int) - w.golden)
            inside.append(gap[w.mask == 1].mean())
            outside.append(gap[w.mask == 0].mean())
    assert np.mean(inside) > 2.5 * np.mean(outside)


def test_places_reach_all_of_the_grid(windows):
    shares = np.bincount([w.place for w in windows if w.label], minlength=9) / sum(w.label > 0 for w in windows)
    assert shares[4] > 0.4
    assert shares.min() > 0.01
    assert 1 - shares[4] > 0.28


def test_window_follows_the_agents_rule():
    rng = np.random.default_rng(0)
    sides = [window_side(20, rng) for _ in range(300)]
    assert np.isclose(sides, 96).mean() > 0.5
    assert min(sides) >= 72
    assert all(window_side(100, rng) >= 115 for _ in range(50))
    assert np.median([window_side(100, rng) for _ in range(200)]) > 160


def test_negatives_are_as_wide_as_positives():
    one = next((f for f in families(False) if f.name != "bare board"), family("bare board"))
    source = cutting._Scenes(one, np.random.default_rng(0), 0.45)
    for _ in range(6):
        source.more()
    assert max(source._sides) > 96


def test_a_window_shows_one_defect_of_a_scene_alone():
    golden = np.full((60, 60, 3), 90, np.uint8)
    near, far = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    near[10:20, 10:20] = True
    far[21:30, 10:20] = True
    test = golden.copy()
    test[near] = 200
    test[far] = 30
    test[20, 10:20] = 60  # the soft rim of both
    test[50, 50] = 120  # a harmless difference
    only = cutting._only(Scene(golden, test, (("crack", near), ("stain", far))), near)
    assert (only[near] == 200).all()
    assert (only[far] == 90).all()
    assert (only[20, 10:20] == 90).all()
    assert (only[50, 50] == 120).all()
