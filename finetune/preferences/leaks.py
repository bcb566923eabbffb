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
from pydantic import ConfigDict

from ...errors import BadInput
from ...eval.datasets import LAYOUTS, read_cases
from ...eval.datasets.case import folders, pictures
from ...images import decode
from ..records import Record, read_records

HASH_DISTANCE = 12
RESIDUAL = 0.25
LAID = 8
"""How many of the likest pictures are laid over one.

The three were measured on 280 pictures of seven sets (boards, toys, ball screws, nuts, hazelnuts, tiles, drawn ones)
and copies of 56 of them. Of copies by JPEG 50 and 25, at a half and a third of the size, darker, with less contrast or
noise, or grey, 98 % are found; of lighter ones 59 %, because a white ground clips. Of crops by 0.4 to 3 % a side 89 %
(unless laid over, 4 %), by 6 % 39 %, by 10 % none. Of 5,460 pairs of different pictures 5 are called near, mostly one
place of a ball screw before a fixed camera; by the hash alone it would be 60 % of such frames.
"""
_SIDE = 128
_OVERLAP = 0.7
MASKS = frozenset({"mask", "masks", "ground_truth"})
"""Folders of a labelled set, in lower case, in which masks lie."""
RECORDS = ("examples.jsonl", "preferences.jsonl")
"""What `finetune preferences` writes into a folder."""


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


class _AnyRecord(Record):
    """A line of either stage, of which only the images are of interest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True)
class _Print:
    path: Path
    digest: str
    bits: int
    small: NDArray[np.float32]


def images_of(path: Path) -> list[Path]:
    """The images that a folder or a file of records stands for, each once.

    Of a folder: all below it, and those that its labels and the records in it name elsewhere (`finetune preferences`
    leaves most images where they are). Not the masks of a labelled set, which are alike in all sets, nor hidden files.

    Args:
        path: any folder; a `manifest.json`; or a `.jsonl` file of records.

    Raises:
        BadInput: no such path, labels or records that cannot be read, or no image at all.
    """
    if path.suffix == ".jsonl":
        found = _named_in(path)
    else:
        if not path.is_dir() and path.suffix != ".json":
            why = "this is neither a folder nor records" if path.exists() else "no such file or folder"
            raise BadInput(str(path), why, "name a folder of images, or a .jsonl file of records")
        cases = read_cases(path) if any(fits(path) for fits, _ in LAYOUTS.values()) else []
        named = [p for case in cases for p in (case.image, case.reference) if p is not None]
        masks = {case.mask.resolve() for case in cases if case.mask is not None}
        below = _below(path, MASKS if cases else frozenset()) if path.is_dir() else []
        records = [path / name for name in RECORDS if (path / name).is_file()]
        found = [*named, *(p for p in below if p.resolve() not in masks), *(p for r in records for p in _named_in(r))]
    # One spelling a file, so that a file that is named in two ways is read once and told once.
    once = {file.resolve(): file for file in reversed(found)}
    if not once:
        raise BadInput(str(path), "there is no image in it", "name a folder of images, or a .jsonl file of records")
    return [once[file] for file in dict.fromkeys(file.resolve() for file in found)]


def _named_in(records: Path) -> list[Path]:
    return [records.parent / image for record in read_records(records, _AnyRecord) for image in record.images]


def _below(folder: Path, without: frozenset[str], above: tuple[Path, ...] = ()) -> list[Path]:
    """All images below a folder; a link that leads back to a folder above is not followed."""
    here = folder.resolve()
    if here in above:
        return []
    inner = [f for f in folders(folder) if f.name.lower() not in without]
    return [*pictures(folder), *(p for f in inner for p in _below(f, without, (*above, here)))]


def check_leaks(
    train: Iterable[Path], evaluation: Iterable[Path], *, progress: Callable[[int], None] | None = None
) -> list[Leak]:
    """The images that are in both sets, one leak an evaluation image (its nearest), in the order of `evaluation`.

    Two pictures are near where their 64-bit hashes differ in at most `HASH_DISTANCE` bits *and* what is left between
    them at 128 x 128 pixels, after light and contrast are fitted, is nowhere larger than `RESIDUAL` of the contrast:
    the hash alone cannot tell a picture from another one of the same product on the same line. A crop is laid over
    the picture first. Not found: crops by more than some 3 % a side, mirrored copies, and most turned ones.

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
        twin = _twin(one, [known[i] for i in np.flatnonzero(apart <= HASH_DISTANCE)])
        if twin is not None:
            leaks.append(Leak(twin.path, one.path, "near", (twin.bits ^ one.bits).bit_count()))
    return leaks


def _twin(one: _Print, near: list[_Print]) -> _Print | None:
    """The same picture among those whose hashes are near; laid over each other only where nothing fits as it is."""
    left = [residual(other.small, one.small) for other in near]
    likest = [near[i] for i in np.argsort(left, kind="stable")[:LAID]]
    if left and min(left) <= RESIDUAL:
        return likest[0]
    return next((other for other in likest if residual_laid_over(other.small, one.small) <= RESIDUAL), None)


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


def residual_laid_over(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """`residual` with one picture shifted, scaled and turned over the other, as a crop is; infinite where that fails.

    Where they overlap light and contrast are fitted again; less than `_OVERLAP` of the picture is no overlap.
    """
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, warp = cv2.findTransformECC(first, second, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, None, 5)
    except cv2.error:  # it did not converge: two different pictures
        return float("inf")
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(second, warp, (_SIDE, _SIDE), flags=flags)
    inside = cv2.warpAffine(np.ones_like(second), warp, (_SIDE, _SIDE), flags=flags) > 0.999
    # The blur of `residual` must not reach over the edge.
    shared = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if shared.mean() < _OVERLAP:
        return float("inf")
    a, b = (np.where(shared, p - p[shared].mean(), 0).astype(np.float32) for p in (first, moved))
    return residual(a, b * np.float32((a * b).sum() / max(float((b * b).sum()), 1e-6)))


def _print(path: Path) -> _Print:
    image = decode(path.read_bytes(), str(path))
    return _Print(path, pixel_digest(image), perceptual_hash(image), small(image))


def small(image: Image.Image) -> NDArray[np.float32]:
    """The picture at 128 x 128 pixels, luma of zero mean and unit variance: `float32[128, 128]`."""
    luma = cv2.resize(np.asarray(image.convert("L"), np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((luma - luma.mean()) / max(float(luma.std()), 1.0), np.float32)
