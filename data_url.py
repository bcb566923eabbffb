"""Pictures inside an HTML file that opens offline."""

from __future__ import annotations

import base64
import io

from PIL import Image

from .images import ImageStore
from .schema import ImageRef


def shown(images: ImageStore, ref: ImageRef | str, side: int = 1000) -> Image.Image:
    """A stored image, scaled down to at most `side` pixels.

    Raises:
        BadInput: the store does not hold it.
    """
    picture = images.open(ref)
    picture.thumbnail((side, side))
    return picture


def data_url(picture: Image.Image) -> str:
    """A data URL: lossless where that is small (drawings, boards), JPEG for photographs."""
    buffer = io.BytesIO()
    colours = picture.convert("RGB").resize((128, 128), Image.Resampling.NEAREST).getcolors(256)
    kind = "PNG" if colours else "JPEG"
    picture.save(buffer, kind, **({"optimize": True} if kind == "PNG" else {"quality": 88}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
