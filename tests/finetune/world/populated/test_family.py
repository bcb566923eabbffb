"""Assembled boards: what every family holds, and that parts are where they should be."""

import numpy as np
import pytest

from sage_inspect.finetune.world.populated.family import FAMILIES, POPULATED, _assemble, shrink
from sage_inspect.finetune.world.populated.parts import PINNED

from ..checks import clean_is_equal, draws, is_seen, several, texts


@pytest.mark.parametrize("check", [draws, is_seen, clean_is_equal, several, texts])
def test_family(check):
    check(POPULATED)


def test_assembly_faults_are_logical_and_damage_is_not():
    assert FAMILIES == (POPULATED,) and not POPULATED.held_out
    logical = {t.name for t in POPULATED.types if t.logical}
    assert logical == {"missing component", "wrong component", "rotated component"}


def test_a_missing_component_lays_its_pads_bare():
    for seed in range(4):
        board, picture = _assemble(np.random.default_rng(seed), 256)
        scene = POPULATED.draw(np.random.default_rng(seed), 256, ["missing component"])
        assert np.array_equal(scene.golden, picture)
        ys, xs = np.nonzero(scene.defects[0][1])
        x, y = (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2
        nearest = min(board.parts, key=lambda p: abs(p.x - x) + abs(p.y - y))
        assert abs(nearest.x - x) + abs(nearest.y - y) < 6
        assert max(np.ptp(xs), np.ptp(ys)) <= max(nearest.span) + 6
        # What is left is the bare board, as lit as the picture.
        bare = shrink(board.bare, board.super)[ys, xs].astype(float)
        full = shrink(board.full, board.super)[ys, xs].astype(float)
        left = scene.test[ys, xs].astype(float)
        assert np.abs(left - bare).mean() < 0.5 * np.abs(left - full).mean()


def test_a_lifted_lead_and_a_bridge_touch_their_leads_only():
    for kind in ("lifted lead", "solder bridge"):
        for seed in range(4):
            board, _ = _assemble(np.random.default_rng(seed), 256)
            scene = POPULATED.draw(np.random.default_rng(seed), 256, [kind])
            pitches = [p.pitch for p in board.parts if p.kind in PINNED]
            ys, xs = np.nonzero(scene.defects[0][1])
            assert max(np.ptp(xs), np.ptp(ys)) <= 2.6 * max(pitches)


def test_small_pictures_show_larger_parts():
    small = [p.long for seed in range(6) for p in _assemble(np.random.default_rng(seed), 96)[0].parts]
    large = [p.long for seed in range(6) for p in _assemble(np.random.default_rng(seed), 256)[0].parts]
    assert np.median(small) > 1.3 * np.median(large)
