"""Contact sheets, so that people look at what is drawn: a PNG a family and one page that shows them all."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ...errors import BadInput
from .families import families as all_families
from .families import family as by_name
from .family import Family, Rgb
from .sample import Sample, draw_sample

_CAPTION = 14
_COLOURS = ((255, 40, 40), (40, 130, 255), (255, 160, 0))


def write_gallery(
    out: Path, seed: int = 0, families: Sequence[str] | None = None, rows: int = 4, columns: int = 3, size: int = 192
) -> Path:
    """Write `<family>.png` into `out` for each family, and the page `index.html`, whose path is returned.

    Args:
        families: names; default all.
        rows: at least this many rows; more where a family has more defect types than places.
        columns: pairs in a row.
        size: side of a picture in pixels.

    Raises:
        BadInput: an unknown family, a number below 1, or a folder that cannot be written to.
    """
    chosen = all_families() if families is None else [by_name(name) for name in families]
    if min(rows, columns) < 1 or size < 64:
        raise BadInput(
            f"gallery of {rows} x {columns} at {size}", "nothing would be seen", "1 or more, side 64 or more"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for family in chosen:
            Image.fromarray(sheet(family, seed, rows, columns, size)).save(out / f"{_slug(family)}.png")
        page = out / "index.html"
        page.write_text(_page(chosen), encoding="utf-8")
    except OSError as error:
        raise BadInput(str(out), error.strerror or str(error), "give a folder that can be written to") from None
    return page


def sheet(family: Family, seed: int, rows: int = 4, columns: int = 3, size: int = 192) -> Rgb:
    """The contact sheet of one family: golden and test beside each other, defects boxed and named.

    Every type is on it at least once where it can be drawn, then pairs as `draw_sample` draws them; the last of the
    places are pairs without a defect.
    """
    rng = np.random.default_rng((seed, 61))
    kinds: list[tuple[str, ...] | None] = [(t.name,) for t in family.types]
    kinds += [()]
    while len(kinds) < rows * columns:
        kinds.append(None)
    tiles = [_tile(draw_sample(family, rng, size, kind)) for kind in kinds]
    blank = np.full_like(tiles[0], 255)
    lines = [
        np.hstack([t if t is not None else blank for t in line])
        for line in zip_longest(*[iter(tiles)] * columns, fillvalue=None)
    ]
    return np.vstack(lines)


def _tile(sample: Sample) -> Rgb:
    """Golden | test, the defects' boxes on the test picture, their names below."""
    size = sample.test.shape[0]
    marked = sample.test.copy()
    for i, defect in enumerate(sample.defects):
        b = defect.box
        # A little outside, or the line would hide a small defect.
        corner, other = (max(0, b.x1 - 4), max(0, b.y1 - 4)), (min(size - 1, b.x2 + 3), min(size - 1, b.y2 + 3))
        cv2.rectangle(marked, corner, other, _COLOURS[i % len(_COLOURS)], 1)
    caption = Image.new("RGB", (2 * size + 4, _CAPTION), "white")
    draw, x = ImageDraw.Draw(caption), 3
    for i, name in enumerate([d.type for d in sample.defects] or ["no defect"]):
        draw.text((x, 1), name, fill=_COLOURS[i % len(_COLOURS)] if sample.defects else (90, 90, 90))
        x += int(draw.textlength(name)) + 10
    line = np.full((size, 2, 3), 255, np.uint8)
    pair = np.hstack([sample.golden, line, marked, line])
    return np.vstack([pair, np.asarray(caption), np.full((4, pair.shape[1], 3), 255, np.uint8)])


def _page(chosen: Sequence[Family]) -> str:
    parts = []
    for family in chosen:
        types = ", ".join(f"{t.name}{' (logical)' if t.logical else ''}" for t in family.types)
        held = " - held out" if family.held_out else ""
        parts.append(
            f"<section><h2>{html.escape(family.name)}{held}</h2>"
            f"<p>{html.escape(family.object)}; defects: {html.escape(types)}</p>"
            f'<img src="{_slug(family)}.png" alt="{html.escape(family.name)}: golden and test pictures"></section>'
        )
    count = sum(len(f.types) for f in chosen)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>The synthetic inspection world</title>'
        "<style>body{font:15px/1.4 sans-serif;margin:2em;max-width:1240px}img{max-width:100%}</style>"
        f"<h1>The synthetic inspection world</h1><p>{len(chosen)} families, {count} kinds of defect. "
        "Left the golden picture, right the test picture with its defects boxed.</p>" + "".join(parts) + "</html>\n"
    )


def _slug(family: Family) -> str:
    return family.name.replace(" ", "_")
