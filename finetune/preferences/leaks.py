"""Is an image of the evaluation also in the tuning data? By digest of the pixels, and by likeness of the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...images import decode

HASH_DISTANCE = 8
RESIDUAL = 0.25
"""Measured on 150 pictures of six sets (boards, toy, ball screw, nut, hazelnut, tiles) and nine copies of each (JPEG 50
and 25, a half and a third of the size, lighter, darker, less contrast, noise, grey): 96 % of the copies are found (all
but those that clip a white ground, and some of dark, nearly empty tiles); of 10,131 pairs of different pictures 4 are
called near, frames of one fixed camera. By the hash alone it would be 60 % of such frames."""
_SIDE = 128


@dataclass(frozen=True)
class Leak:
    """An image that is in both sets.

    Attributes:
        train, evaluation: its files.
        kind: `pixels` (decoded, the same to the last bit) or `near` (re-encoded, scaled, or in other light).
        distance: bits in which the perceptual hashes differ, 0..64.
    """

    train: Path
    evaluation: Path
    kind: Literal["pixels", "near"]
    distance: int = 0

    def __str__(self) -> str:
        how = "the same pixels" if self.kind == "pixels" else f"the same picture, {self.distance} of 64 bits apart"
        return f"{self.evaluation} is in the tuning data as {self.train} ({how})"


@dataclass(frozen=True)
class _Print:
    path: Path
    digest: str
    bits: int
    small: NDArray[np.float32]


def check_leaks(
    train: Iterable[Path], evaluation: Iterable[Path], *, progress: Callable[[int], None] | None = None
) -> list[Leak]:
    """The images that are in both sets, one leak an evaluation image (its nearest), in the order of `evaluation`.

    Two pictures are near where their 64-bit hashes differ in at most `HASH_DISTANCE` bits *and* what is left between
    them at 128 x 128 pixels, after light and contrast are fitted, is nowhere larger than `RESIDUAL` of the contrast:
    the hash alone cannot tell a picture from another one of the same product on the same line.
    Not found: crops, mirrored or turned copies.

    Args:
        train, evaluation: image files; each is read once, a file that is named twice too.
        progress: called with the number of images read.

    Raises:
        BadInput: an image that cannot be read.
    """
    read: dict[Path, _Print] = {}

    def prints(paths: Iterable[Path]) -> list[_Print]:
        found = []
        for path in dict.fromkeys(Path(p) for p in paths):
            if path not in read:
                read[path] = _print(path)
                if progress is not None:
                    progress(len(read))
            found.append(read[path])
        return found

    known = prints(train)
    asked = prints(evaluation)
    if not known or not asked:
        return []
    same = {p.digest: p for p in reversed(known)}
    bits = np.array([p.bits for p in known], np.uint64)
    leaks = []
    for one in asked:
        if one.digest in same:
            leaks.append(Leak(same[one.digest].path, one.path, "pixels"))
            continue
        apart = np.bitwise_count(bits ^ np.uint64(one.bits))
        for index in np.argsort(apart, kind="stable"):
            if apart[index] > HASH_DISTANCE:
                break
            if residual(known[index].small, one.small) <= RESIDUAL:
                leaks.append(Leak(known[index].path, one.path, "near", int(apart[index])))
                break
    return leaks


def pixel_digest(image: Image.Image) -> str:
    """sha256 of size and RGB pixels: a PNG and the BMP of the same pixels agree, whatever their files hold besides."""
    return hashlib.sha256(f"{image.width}x{image.height}:".encode() + image.convert("RGB").tobytes()).hexdigest()


def perceptual_hash(image: Image.Image) -> int:
    """A 64-bit hash of the picture: which of its 64 lowest frequencies (DCT of 32 x 32 luma) lie above their median."""
    luma = cv2.resize(np.asarray(image.convert("L"), np.float32), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(luma)[:8, :8].ravel()
    low[0] = 0  # mean brightness is light, not picture
    return int.from_bytes(np.packbits(low > np.median(low[1:])).tobytes(), "big")


def residual(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The largest local difference of two small pictures of zero mean and unit variance, in standard deviations.

    A little blur takes out what compression and scaling leave behind.
    """
    return float(np.abs(cv2.blur(first - second, (5, 5))).max())


def _print(path: Path) -> _Print:
    image = decode(path.read_bytes(), str(path))
    return _Print(path, pixel_digest(image), perceptual_hash(image), small(image))


def small(image: Image.Image) -> NDArray[np.float32]:
    """The picture at 128 x 128 pixels, luma of zero mean and unit variance: `float32[128, 128]`."""
    luma = cv2.resize(np.asarray(image.convert("L"), np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((luma - luma.mean()) / max(float(luma.std()), 1.0), np.float32)
