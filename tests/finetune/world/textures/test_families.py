"""Textured surfaces: every family holds what checks.py asks, and what only it has."""

import numpy as np
import pytest

from sage_inspect.finetune.world.textures.fabric import _WEAVES, _weave
from sage_inspect.finetune.world.textures.families import FAMILIES
from sage_inspect.finetune.world.textures.tile import _floor

from ..checks import clean_is_equal, draws, is_seen, several, texts

BY_NAME = {family.name: family for family in FAMILIES}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("check", [draws, is_seen, clean_is_equal, several, texts])
def test_family(name, check):
    check(BY_NAME[name])


def test_the_families_are_those_of_the_issue():
    assert [f.name for f in FAMILIES] == ["brushed metal", "fabric", "tile", "wood"]
    assert [f.name for f in FAMILIES if f.held_out] == ["wood"]
    assert all(len(f.types) >= 4 for f in FAMILIES)


def test_one_type_of_two_families_is_one_thing():
    kinds: dict[str, set[str]] = {}
    for family in FAMILIES:
        for one in family.types:
            kinds.setdefault(one.name, set()).add(one.change)
    assert all(len(changes) == 1 for changes in kinds.values())


def test_light_over_a_dent_and_a_gouge_goes_both_ways():
    for kind in ("dent", "gouge"):
        scene = BY_NAME["brushed metal"].draw(np.random.default_rng(3), 256, [kind])
        change = (scene.test.astype(float) - scene.golden).mean(axis=2)[scene.defects[0][1]]
        assert change.max() > 12 and change.min() < -12


def test_missing_grout_lies_in_the_joints_and_a_crack_in_a_tile():
    for kind, in_joint in (("missing grout", True), ("crack", False), ("chip", False)):
        for seed in range(5):
            floor = _floor(np.random.default_rng(seed), 256)
            scene = BY_NAME["tile"].draw(np.random.default_rng(seed), 256, [kind])
            assert np.array_equal(scene.golden, floor.picture)
            mask = scene.defects[0][1]
            ys, xs = (v.astype(np.float32) for v in np.nonzero(mask))
            column, row, along, across = floor.cells(xs, ys)
            inset = floor.inset(along, across)
            if in_joint:
                assert (inset <= 1).all()
            else:
                assert (inset >= -1).all() and len(set(zip(column[inset > 1], row[inset > 1], strict=True))) == 1


def test_a_stain_keeps_the_weave_and_a_hole_does_not():
    kept = {"stain": [], "hole": []}
    for kind, likeness in kept.items():
        for seed in range(8):
            scene = BY_NAME["fabric"].draw(np.random.default_rng(seed), 256, [kind])
            inner = scene.defects[0][1].copy()  # the rim is left out
            for axis in (0, 1):
                for shift in (-3, 3):
                    inner &= np.roll(scene.defects[0][1], shift, axis)
            if inner.sum() > 60:
                golden, test = (picture.mean(axis=2)[inner] for picture in (scene.golden, scene.test))
                likeness.append(np.corrcoef(golden, test)[0, 1])
    assert np.median(kept["stain"]) > 0.75 and abs(np.median(kept["hole"])) < 0.4, kept


@pytest.mark.parametrize("kind", [*_WEAVES, "knit"])
def test_a_weave_repeats_and_shows_both_threads(kind):
    tile = _weave(kind, 8)
    assert tile.shape[0] == tile.shape[1] and tile.shape[0] % 8 == 0
    assert 0 <= tile.min() and tile.max() <= 1.01 and tile[..., 0].std() > 0.05
    if kind != "knit":
        assert 0.4 < tile[..., 1].mean() < 0.9
