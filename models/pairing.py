"""What a model trained with pair channels sees of a test crop and its golden crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pair_images(test: Image.Image, reference: Image.Image | None, size: int) -> list[Image.Image]:
    """The images to put before the prompt, each RGB, `size` x `size` pixels.

    Args:
        test: the test crop, any mode.
        reference: the golden crop of the same window (already laid over the test image), or None.
        size: side in pixels that the model expects.

    Returns:
        With a reference, two images: the composite (R = test luma, G = reference luma, B = 128 + (test - reference)
        / 2) and the reference as (luma, luma, 128). Without one, a single image (test luma, 0, 0), so that zero-shot
        is told apart from a golden crop that agrees.

    Why: a tiny vision tower trained on a CPU does not discover by itself which pixel belongs to which, so the crops are
    laid over each other here. And where test and reference agree, the composite *is* the reference's own image, so
    that the cosine between their tokens, by which SFE picks the patches that differ (method.md section 1), is 1 where
    nothing changed.
    """
    near = luma(test, size)
    if reference is None:
        empty = np.zeros_like(near)
        return [Image.fromarray(np.stack([near, empty, empty], axis=-1))]
    golden = luma(reference, size)
    return [Image.fromarray(composite(near, golden)), Image.fromarray(composite(golden, golden))]


def luma(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """`image` as 8-bit luma, `uint8[size, size]`: averaged over areas when shrunk, bilinear when enlarged."""
    grey = image.convert("L")
    if grey.size != (size, size):
        shrink = min(grey.size) >= size
        grey = grey.resize((size, size), Image.Resampling.BOX if shrink else Image.Resampling.BILINEAR)
    return np.asarray(grey, np.uint8)


def composite(test: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The composite of two luma arrays `uint8[..., h, w]`: `uint8[..., h, w, 3]`."""
    signed = test.astype(np.int16) - reference.astype(np.int16)
    return np.stack([test, reference, (128 + (signed >> 1)).clip(0, 255).astype(np.uint8)], axis=-1)
