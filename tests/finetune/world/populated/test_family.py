"""Assembled boards: what every family holds, and that parts are where they should be."""

from dataclasses import replace

import numpy as np
import pytest

from sage_inspect.finetune.world.populated.family import FAMILIES, POPULATED, _assemble, shrink
from sage_inspect.finetune.world.populated.layout import arrange, make_part
from sage_inspect.finetune.world.populated.parts import PINNED, TWO_ENDED, draw_pads, draw_part
from sage_inspect.finetune.world.populated.pen import _GLYPHS, Pen, _letters

from ..checks import clean_is_equal, draws, is_seen, several, texts

KINDS = (*TWO_ENDED, *PINNED, "can", "crystal", "coil")


@pytest.mark.parametrize("check", [draws, is_seen, clean_is_equal, several, texts])
def test_family(check):
    check(POPULATED)


def test_assembly_faults_are_logical_and_damage_is_not():
    assert FAMILIES == (POPULATED,) and not POPULATED.held_out
    logical = {t.name for t in POPULATED.types if t.logical}
    assert logical == {"missing component", "wrong component", "rotated component"}


def _apart(one, other):
    (w1, h1), (w2, h2) = one.span, other.span
    return abs(one.x - other.x) >= (w1 + w2) / 2 or abs(one.y - other.y) >= (h1 + h2) / 2


@pytest.mark.parametrize("seed", range(5))
def test_parts_lie_side_by_side_on_the_board(seed):
    parts = arrange(np.random.default_rng(seed), 1.0)
    assert len(parts) >= 6 and any(p.kind == "chip" for p in parts)
    assert all(_apart(a, b) for i, a in enumerate(parts) for b in parts[:i])
    for part in parts:
        wide, high = part.span
        assert wide / 2 <= part.x <= 256 - wide / 2 and high / 2 <= part.y <= 256 - high / 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_covers_its_span_and_turns_with_its_angle(kind):
    part = replace(make_part(np.random.default_rng(1), kind, 1.0), x=64.0, y=64.0, angle=0.0)
    spans = []
    for angle in (0.0, np.pi / 2):
        turned = replace(part, angle=angle)
        canvas = np.full((256, 256, 3), 120, np.uint8)
        pen = Pen(canvas, 2.0)
        draw_pads(pen, turned, (200, 170, 90))
        draw_part(pen, turned)
        ys, xs = np.nonzero((canvas != 120).any(axis=2))
        size = np.array([np.ptp(xs), np.ptp(ys)]) / 2
        assert (np.abs(size - turned.span) <= 6).all(), (kind, size, turned.span)
        spans.append(size)
    assert np.abs(spans[0] - spans[1][::-1]).max() < 2


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


def test_letters_differ_and_stand_about_the_origin():
    shapes = {key: _letters(key) for key in _GLYPHS}
    assert len({shape.tobytes() for shape in shapes.values()}) == len(_GLYPHS)
    word = _letters("R12")
    assert abs(word[..., 0].min() + word[..., 0].max()) < 0.4 and abs(word[..., 1]).max() <= 0.5


def test_small_pictures_show_larger_parts():
    small = [p.long for seed in range(6) for p in _assemble(np.random.default_rng(seed), 96)[0].parts]
    large = [p.long for seed in range(6) for p in _assemble(np.random.default_rng(seed), 256)[0].parts]
    assert np.median(small) > 1.3 * np.median(large)
