"""A pen in a board's units: points land where they should, turned, scaled and cut to the canvas."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.finetune.world.populated.pen import _GLYPHS, Pen, _letters, box, ends

INK = (10.0, 20.0, 30.0)


def drawn(draw, scale=2.0, corner=(0, 0), at=(0.0, 0.0, 0.0)):
    """What `draw(stamp)` leaves on a canvas of 100 pixels: x from and to, y from and to; in pixels."""
    canvas = np.full((100, 100, 3), 200, np.uint8)
    draw(Pen(canvas, scale, corner).at(*at))
    ys, xs = np.nonzero((canvas < 100).all(axis=2))
    return [xs.min(), xs.max() + 1, ys.min(), ys.max() + 1] if len(xs) else []


def test_units_become_pixels():
    assert drawn(lambda pen: pen.fill(box(20, 10), INK), at=(25, 25, 0)) == pytest.approx([30, 70, 40, 60], abs=1)
    assert drawn(lambda pen: pen.disc(0, 0, 5, INK), at=(20, 30, 0)) == pytest.approx([30, 50, 50, 70], abs=1)
    corner = drawn(lambda pen: pen.fill(box(20, 10), INK), corner=(20, 10), at=(25, 25, 0))
    assert corner == pytest.approx([10, 50, 30, 50], abs=1)


def test_a_stamp_turns_about_its_origin():
    turned = drawn(lambda pen: pen.fill(box(20, 10, 10, 0), INK), at=(25, 20, np.pi / 2))
    # What lies along x lies along y then: a quarter turn clockwise, for y points down.
    assert turned == pytest.approx([40, 60, 40, 80], abs=1)


def test_several_shapes_and_their_shadow():
    two = drawn(lambda pen: pen.fill(ends(4, 10, 15), INK), at=(25, 25, 0))
    assert two == pytest.approx([16, 84, 40, 60], abs=1)
    shadow = drawn(lambda pen: pen.fill(box(20, 10), INK, drop=3), at=(25, 25, 0.0))
    assert shadow == pytest.approx([36, 76, 46, 66], abs=1)
    turned = drawn(lambda pen: pen.fill(box(10, 10), INK, drop=3), at=(25, 25, np.pi))
    assert turned == pytest.approx([46, 66, 46, 66], abs=1), "a shadow falls one way, however a part lies"


def test_a_line_is_as_wide_as_asked_for():
    across = drawn(lambda pen: pen.line(np.array([[0.0, 10], [50, 10]]), 4, INK))
    assert across[3] - across[2] == pytest.approx(8, abs=2)


def test_what_lies_off_the_canvas_is_cut():
    assert drawn(lambda pen: pen.fill(box(20, 20), INK), at=(90, 90, 0)) == []


def test_letters_differ_and_stand_about_the_origin():
    shapes = {key: _letters(key) for key in _GLYPHS}
    assert len({shape.tobytes() for shape in shapes.values()}) == len(_GLYPHS)
    word = _letters("R12")
    assert abs(word[..., 0].min() + word[..., 0].max()) < 0.4 and abs(word[..., 1]).max() <= 0.5


def test_print_stands_about_its_point():
    x1, x2, y1, y2 = drawn(lambda pen: pen.text("R12", 12, INK), at=(25, 25, 0))
    assert (x1 + x2) / 2 == pytest.approx(50, abs=4)
    assert (y1 + y2) / 2 == pytest.approx(50, abs=2)
    assert y2 - y1 == pytest.approx(24 + 3, abs=3)  # and the width of a stroke
