"""A closer look at a place: which window to cut, and the cut itself as a stored image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInput
from ..schema import Box, ImageRef

if TYPE_CHECKING:
    from ..images import ImageLike, ImageStore


def context_window(
    box: tuple[int, int, int, int], width: int, height: int, *, minimum: int = 96, margin: float = 1.6
) -> Box:
    """The square around `box` that shows it with its surroundings.

    Its side is `max(minimum, margin * longer side of the box)` pixels. At an edge it is moved, not shrunk; it is
    clipped only where the image itself is smaller than the square.

    Args:
        box: x1, y1, x2, y2 in pixels, half-open.
        width, height: of the image, pixels.
        minimum: least side of the square, pixels.
        margin: side of the square over the longer side of the box.

    Returns:
        A box inside `[0, width) x [0, height)`.

    Raises:
        BadInput: `box` is empty or does not touch the image.
    """
    x1, y1, x2, y2 = box
    if x2 <= x1 or y2 <= y1:
        raise BadInput(f"box {list(box)}", "it is empty", "give [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    if x2 <= 0 or y2 <= 0 or x1 >= width or y1 >= height:
        raise BadInput(f"box {list(box)}", f"it lies outside the {width} x {height} image", "give a box inside it")
    side = max(minimum, round(margin * max(x2 - x1, y2 - y1)))
    left, right = _span((x1 + x2) / 2, side, width)
    top, bottom = _span((y1 + y2) / 2, side, height)
    return Box(left, top, right, bottom)


def _span(centre: float, side: int, limit: int) -> tuple[int, int]:
    if side >= limit:
        return 0, limit
    start = min(max(0, round(centre - side / 2)), limit - side)
    return start, start + side


def zoom(
    image: ImageLike,
    box: tuple[int, int, int, int],
    *,
    images: ImageStore,
    minimum: int = 96,
    margin: float = 1.6,
) -> ImageRef:
    """Cut `context_window(box)` out of an image and store it as PNG.

    Args:
        image: path, bytes, PIL image, uint8 array, digest or ImageRef; stored in `images` where it is not yet.
        box: in its pixels.
        images: the store to read from and write to.
        minimum, margin: see `context_window`.

    Returns:
        Reference of the crop, at most the image's own size; pixels are not scaled.

    Raises:
        BadInput: the image cannot be read or is not in the store, or the box is empty or outside it.
    """
    image_ref = images.put(image)
    picture = images.open(image_ref)
    window = context_window(box, picture.width, picture.height, minimum=minimum, margin=margin)
    crop = images.put(picture.crop(window))
    return crop.model_copy(update={"name": f"{image_ref.name or image_ref.sha256[:12]}@{','.join(map(str, window))}"})
