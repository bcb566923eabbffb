"""Pairs of windows from every family, memory-mapped: what nano's tower is trained on.

Drawn in blocks (cutting.py), so that a killed run goes on where it stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BadInput, RunFailed
from .boards.crops import SIDE, STORED
from .cutting import NEGATIVE, draw_windows
from .families import families as all_families
from .families import family, family_names, label_names, world_digest
from .family import Family
from .progress import bar
from .windows import Window

__all__ = ["NEGATIVE", "SIDE", "STORED", "Window", "WorldPool", "draw_windows"]

BLOCK = 2048
_PARTS = {"labels": np.int16, "families": np.int16, "places": np.int8, "sizes": np.int16}
_Block = tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]


class WorldPool:
    """Windows on disk.

    Attributes:
        images: `uint8[n, 3, STORED, STORED]` (test, golden, mask of 0 and 1), memory-mapped.
        labels: `int16[n]`, index into `label_names`; families: `int16[n]`, index into `family_names`.
        places: `int8[n]`, cell 0..8 of the 3 x 3 grid, -1 for none; sizes: `int16[n]`, pixels at SIDE, 0 for none.
        label_names, family_names: as they were when the pool was drawn.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int16]
    families: NDArray[np.int16]
    places: NDArray[np.int8]
    sizes: NDArray[np.int16]

    def __init__(self, folder: Path) -> None:
        self.images = np.load(folder / "images.npy", mmap_mode="c")
        for name in _PARTS:
            setattr(self, name, np.load(folder / f"{name}.npy"))
        about = json.loads((folder / "pool.json").read_text(encoding="utf-8"))
        self.label_names: tuple[str, ...] = tuple(about["labels"])
        self.family_names: tuple[str, ...] = tuple(about["families"])

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def draw(
        cls, folder: Path, count: int, seed: int, families: Sequence[Family] | None = None, workers: int = 1
    ) -> WorldPool:
        """Draw `count` windows into `folder` (made if need be), go on with what is there, or open what is complete.

        Args:
            families: default all that are not held out.
            workers: processes; the pool is the same whatever their number.

        Raises:
            BadInput: `count` below 1, or `folder` cannot be written to or holds a pool of other settings.
            RunFailed: not enough room on the disk, or a process was killed.
        """
        if count < 1:
            raise BadInput(f"count {count}", "a pool needs a window", "give 1 or more")
        names = [f.name for f in (all_families(False) if families is None else families)]
        about = {
            "count": count, "seed": seed, "drawn": names, "block": BLOCK,
            "labels": list(label_names()), "families": list(family_names()),
        }  # fmt: skip
        _prepare(folder, about)
        done = _done(folder)
        missing = [b for b in range(-(-count // BLOCK)) if b not in done]
        if missing:
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in ("images", *_PARTS)}
            try:
                with bar("windows", count, min(count, len(done) * BLOCK)) as advance:
                    for block, (images, parts) in _blocks(missing, count, seed, names, workers):
                        at = np.s_[block * BLOCK : block * BLOCK + len(images)]
                        for name, values in {"images": images, **parts}.items():
                            arrays[name][at] = values
                            arrays[name].flush()
                        with (folder / "done.txt").open("a", encoding="utf-8") as lines:
                            lines.write(f"{block}\n")
                        advance(len(images))
            except BrokenProcessPool:
                why = "a process that draws was killed"
                raise RunFailed(str(folder), why, "run it again with fewer workers: it goes on") from None
        return cls(folder)


def _prepare(folder: Path, about: dict[str, Any]) -> None:
    path = folder / "pool.json"
    if path.exists():
        had = json.loads(path.read_text(encoding="utf-8"))
        for key, value in about.items():
            if had.get(key) != value:
                raise BadInput(
                    str(folder), f"it holds a pool drawn with another {key!r}", "give another folder or remove this one"
                )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error), "give a folder that can be written to") from None
    count = about["count"]
    np.lib.format.open_memmap(folder / "images.npy", mode="w+", dtype=np.uint8, shape=(count, 3, STORED, STORED))
    _reserve(folder / "images.npy")
    for name, kind in _PARTS.items():
        np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=kind, shape=(count,))
    (folder / "done.txt").unlink(missing_ok=True)
    # Last, because it says that the arrays are there.
    path.write_text(json.dumps({**about, "world": world_digest()}, indent=1), encoding="utf-8")


def _reserve(path: Path) -> None:
    """Take the file's room now: a full disk under a mapped file with holes kills the process without a word."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            path.unlink()
            raise RunFailed(str(path), error.strerror or str(error), "free some space or draw fewer windows") from None


def _done(folder: Path) -> set[int]:
    path = folder / "done.txt"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # cut off by a kill: the next line would be written behind it
        path.write_text(whole, encoding="utf-8")
    return {int(line) for line in whole.splitlines()}


def _blocks(missing: list[int], count: int, seed: int, names: list[str], workers: int) -> Iterator[tuple[int, _Block]]:
    sizes = [min(BLOCK, count - b * BLOCK) for b in missing]
    if workers <= 1:
        for block, size in zip(missing, sizes, strict=True):
            yield block, _draw_block(seed, block, size, names)
        return
    # Spawned: a forked child of a process that has run torch or OpenCV threads may hang.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        # Not all at once: finished blocks would pile up in memory.
        for begin in range(0, len(missing), 2 * workers):
            part = slice(begin, begin + 2 * workers)
            futures = [
                pool.submit(_draw_block, seed, b, s, names) for b, s in zip(missing[part], sizes[part], strict=True)
            ]
            for block, future in zip(missing[part], futures, strict=True):
                yield block, future.result()


def _draw_block(seed: int, block: int, size: int, names: list[str]) -> _Block:
    images = np.zeros((size, 3, STORED, STORED), np.uint8)
    parts: dict[str, NDArray[Any]] = {name: np.zeros(size, kind) for name, kind in _PARTS.items()}
    source = draw_windows((seed, block), [family(name) for name in names])
    for i, window in zip(range(size), source, strict=False):
        images[i] = window.test, window.golden, window.mask
        parts["labels"][i], parts["families"][i] = window.label, window.family
        parts["places"][i], parts["sizes"][i] = window.place, window.size
    return images, parts
