"""Measure a region or a box: length, breadth, area, number of pieces; in pixels, and in mm where a scale is given.

A region of a comparison is measured by the pixels that differ from the golden image, not by its box, which has a
margin. A bare box is measured by what stands out from its own ground. Each number says how sure it is.
"""

from __future__ import annotations

import math
from typing import Literal

from ..errors import BadInput
from ..images import ImageLike, ImageStore
from ..schema import Box, Comparison, ImageRef, Noun
from .changed import Standing, changed_pixels, heated_pixels, object_pixels
from .shape import Form, shape_of
from .where import Where, find_place

Basis = Literal["changed pixels", "heat map", "object pixels", "box"]
EDGE = {"changed pixels": 2.0, "heat map": 2.0, "object pixels": 1.0, "box": 1.0}
"""A side is never surer than this many pixels: half a pixel an end, and against a golden image the misregistration
that the comparison tolerates. Of 212 sides of defects planted on drawn boards nine in ten were right within it."""
COARSE = 0.01
"""From a heat map no surer than this share of the image's longer side, which is about one of its cells."""
AGREED = 0.9
"""Registration confidence below which the golden image is another piece or view, and a size one of the difference."""
MAX_SCALE = 1000.0
_TOLD = {
    "changed pixels": "the pixels that differ from the golden image",
    "heat map": "the heat map, which is coarse: it differs in texture, not in tone",
    "object pixels": "what stands out from its ground inside the box",
    "box": "the box itself: nothing stands out inside it",
}


class Quantity(Noun):
    """A length in pixels or an area in square pixels, with how far it may be off.

    Attributes:
        value, uncertainty: px or px²; the true value is expected within value +- uncertainty.
        mm, mm_uncertainty: the same in mm or mm²; None without a scale (which is taken as exact).
    """

    value: float
    uncertainty: float
    mm: float | None = None
    mm_uncertainty: float | None = None


class Measurement(Noun):
    """The size of something in an image.

    Attributes:
        test: the image; region: id of the region, "" for a bare box; box: where it was looked for, pixels.
        basis: what was measured: `changed pixels` (against the golden image), `heat map` (a difference of texture,
            coarse), `object pixels` (what stands out inside a bare box), or `box` (nothing does: the box's own sides).
        length, breadth: sides of the smallest turned rectangle around it, i.e. along and across the object.
        width, height: along the image's axes.
        area: of its pixels.
        count: separate pieces; None for a `box`.
        form: `compact`, `elongated`, `branching`, `scattered`; None for a `box`.
        mm_per_pixel: the scale as given.
        note: what makes the numbers doubtful, "" if nothing does.
    """

    test: ImageRef
    region: str = ""
    box: Box
    basis: Basis
    length: Quantity
    breadth: Quantity
    width: Quantity
    height: Quantity
    area: Quantity
    count: int | None
    form: Form | None
    mm_per_pixel: float | None = None
    note: str = ""

    def told(self) -> str:
        """The measurement in one or two sentences, for people and for models."""
        head = self.region or f"box {list(self.box)}"
        pieces = f"{self.count} piece{'' if self.count == 1 else 's'}, {self.form}; " if self.count else ""
        sides = f"along the image {_px(self.width)} wide and {_px(self.height)} high"
        return (
            f"{head}: length {_px(self.length)}, breadth {_px(self.breadth)}, area {_px(self.area, '²')}; {pieces}"
            f"{sides}. Measured from {_TOLD[self.basis]}." + (f" Note: {self.note}." if self.note else "")
        )


def measure(
    source: Comparison | ImageLike, where: Where, *, images: ImageStore, mm_per_pixel: float | None = None
) -> Measurement:
    """Measure a region of a comparison, or a box of a comparison or of a lone image.

    Args:
        source: a comparison: what differs from its golden image is measured. An image (path, bytes, PIL image, uint8
            array, digest, ImageRef): what stands out from the ground inside the box is.
        where: a region, its id (`R1`), or a box `x1, y1, x2, y2` in pixels of the test image.
        images: the store that holds the comparison's images.
        mm_per_pixel: the scale, for values in mm as well; taken as exact.

    Raises:
        BadInput: no such region, a box outside the image, a scale that is none, an image that cannot be read, or a
            comparison with a golden image of another object.
    """
    check_scale(mm_per_pixel)
    comparison = source if isinstance(source, Comparison) else None
    test = comparison.test if comparison else images.put(source)  # type: ignore[arg-type]
    size = (test.width, test.height)
    region, box = find_place(where, size, comparison)
    basis, standing = pixels_of(comparison or test, box, images)
    scale = mm_per_pixel
    named = {"test": test, "region": region.id if region else "", "box": box, "basis": basis, "mm_per_pixel": scale}
    if standing is None:
        width, height = box.x2 - box.x1, box.y2 - box.y1
        sides = {"length": max(width, height), "breadth": min(width, height), "width": width, "height": height}
        return Measurement(
            **named,
            **{name: _quantity(value, EDGE[basis], scale) for name, value in sides.items()},
            area=_quantity(box.area, float(width + height), scale, 2),
            count=None,
            form=None,
        )
    least = max(EDGE[basis], COARSE * max(size)) if basis == "heat map" else EDGE[basis]
    notes = _doubts(standing, box, size)
    if comparison is not None and comparison.registration.confidence < AGREED:
        agreed = comparison.registration.confidence
        notes.append(f"test and golden image agree by {agreed:.2f} only: the size of the difference, roughly")
    return Measurement(**named, **_measures(standing, least, scale), note="; ".join(notes))


def check_scale(mm_per_pixel: float | None) -> None:
    """Raises BadInput where a scale is given that can be none."""
    if mm_per_pixel is not None and not 0 < mm_per_pixel <= MAX_SCALE:
        why = f"a pixel is more than 0 and at most {MAX_SCALE:g} mm wide"
        raise BadInput(f"mm_per_pixel {mm_per_pixel:g}", why, "leave it out to measure in pixels")


def pixels_of(source: Comparison | ImageRef, box: Box, images: ImageStore) -> tuple[Basis, Standing | None]:
    """The pixels of `box` that count, and what they rest on; (`box`, None) where nothing stands out.

    Raises:
        BadInput: the images of the comparison show different objects or views.
    """
    if isinstance(source, ImageRef):
        standing = object_pixels(images.array(source), box)
        return ("object pixels", standing) if standing else ("box", None)
    if not source.registration.comparable or source.aligned is None:
        reason = source.registration.note or "there is no golden image laid over it"
        raise BadInput(
            "comparison", f"nothing can be measured against it ({reason})", "measure a box of the test image alone"
        )
    standing = changed_pixels(images.array(source.test), images.array(source.aligned), box)
    if standing is None and source.heatmap is not None:
        hot = heated_pixels(images.array(source.heatmap), box)
        return ("heat map", hot) if hot else ("box", None)
    return ("changed pixels", standing) if standing else ("box", None)


def _measures(standing: Standing, least: float, scale: float | None) -> dict[str, object]:
    shape = shape_of(standing.mask)
    others = [shape_of(m) for m in (standing.wide, standing.narrow) if m.any()]

    def side(name: str) -> Quantity:
        values = [getattr(s, name) for s in (shape, *others)]
        return _quantity(getattr(shape, name), max(least, (max(values) - min(values)) / 2), scale)

    areas = [s.area for s in (shape, *others)]
    # As far as the outline may be off, or more where the edge is soft.
    spread = max(0.5 * least * shape.outline, (max(areas) - min(areas)) / 2, 1.0)
    sides = {name: side(name) for name in ("length", "breadth", "width", "height")}
    return {**sides, "area": _quantity(shape.area, spread, scale, 2), "count": shape.count, "form": shape.form}


def _doubts(standing: Standing, box: Box, size: tuple[int, int]) -> list[str]:
    mask = standing.mask
    sides = (
        (mask[:, 0].any(), box.x1 == 0),
        (mask[0].any(), box.y1 == 0),
        (mask[:, -1].any(), box.x2 == size[0]),
        (mask[-1].any(), box.y2 == size[1]),
    )
    notes = []
    if any(touched for touched, _ in sides):
        of_image = all(at_edge for touched, at_edge in sides if touched)
        notes.append(f"it reaches the edge of the {'image' if of_image else 'box'} and may go on beyond")
    counts = {shape_of(m).count for m in (standing.wide, mask, standing.narrow) if m.any()}
    if len(counts) > 1:
        notes.append(f"{min(counts)} to {max(counts)} pieces, depending on where the edge is drawn")
    return notes


def _quantity(value: float, uncertainty: float, scale: float | None, power: int = 1) -> Quantity:
    factor = None if scale is None else scale**power
    return Quantity(
        value=round(value, 2),
        uncertainty=round(uncertainty, 2),
        mm=None if factor is None else _digits(value * factor),
        mm_uncertainty=None if factor is None else _digits(uncertainty * factor),
    )


def _digits(value: float) -> float:
    """Four significant digits."""
    return 0.0 if value == 0 else round(value, 3 - math.floor(math.log10(abs(value))))


def _px(quantity: Quantity, power: str = "") -> str:
    text = f"{_plain(quantity.value, 4)} ± {_plain(quantity.uncertainty, 2)} px{power}"
    if quantity.mm is None or quantity.mm_uncertainty is None:
        return text
    return f"{text} ({_plain(quantity.mm, 3)} ± {_plain(quantity.mm_uncertainty, 2)} mm{power})"


def _plain(value: float, digits: int) -> str:
    """So many significant digits, without an exponent where people need none."""
    return f"{float(f'{value:.{digits}g}'):g}"
