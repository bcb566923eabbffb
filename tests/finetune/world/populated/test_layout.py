"""Where parts lie on an assembled board: side by side, and inside it."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.populated.layout import arrange, make_part
from sage_inspect.finetune.world.populated.parts import PINNED, TWO_ENDED

KINDS = (*TWO_ENDED, *PINNED, "can", "crystal", "coil")


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
def test_parts_grow_with_the_zoom(kind):
    small, large = (make_part(np.random.default_rng(2), kind, zoom) for zoom in (1.0, 1.5))
    assert small.kind == large.kind == kind
    assert large.long > 1.2 * small.long


def test_boards_of_one_seed_are_one_board():
    first, second = (arrange(np.random.default_rng(3), 1.0) for _ in range(2))
    assert [(p.kind, p.x, p.y) for p in first] == [(p.kind, p.x, p.y) for p in second]
    kinds = {p.kind for seed in range(12) for p in arrange(np.random.default_rng(seed), 1.0)}
    assert kinds == set(KINDS)
