"""Pictures inside HTML: lossless where small, scaled down where large."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sage_inspect.data_url import data_url, shown
from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore


def back(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_drawings_stay_as_they_are_and_photographs_become_jpeg():
    drawing = np.zeros((64, 64, 3), np.uint8)
    drawing[10:20, 10:20] = (255, 0, 0)
    assert (np.asarray(back(data_url(Image.fromarray(drawing)))) == drawing).all()
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    assert back(data_url(Image.fromarray(noise))).format == "JPEG"


def test_a_stored_image_is_scaled_down(tmp_path):
    images = ImageStore(tmp_path)
    assert shown(images, images.put(np.zeros((100, 400), np.uint8)), 200).size == (200, 50)
    with pytest.raises(BadInput):
        shown(images, "0" * 64)
