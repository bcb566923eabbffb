"""Writing the world to a folder: pictures, masks, `manifest.json`, and a line a pair in `samples.jsonl`.

`pairs.jsonl` grows as pairs are written, so a killed run goes on, and more pairs can be asked for later. Pair i follows
from the seed and i alone, whatever the number of processes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import BadInput, RunFailed
from .families import families as all_families
from .families import family, world_digest
from .progress import bar
from .sample import Sample, draw_sample

Annotate = Callable[[Sample, np.random.Generator], dict[str, Any]]
_BATCH = 16


def write_synth(
    out: Path,
    pairs: int,
    seed: int = 0,
    families: Sequence[str] | None = None,
    size: int = 256,
    workers: int = 1,
    annotate: Annotate | None = None,
) -> Path:
    """Write `pairs` pairs into `out` and return the path of its `manifest.json` (read by `eval.datasets`).

    Args:
        families: names, taken in turn; default all. Those held out have the split `held_out`, the others `train`.
        size: side of the pictures in pixels, 64..2048.
        workers: processes.
        annotate: what is written about a pair to `samples.jsonl` besides id, family, object and images: a function of
            a module (processes are handed its name), with a generator of the pair's own.

    Raises:
        BadInput: a number out of range, an unknown family, a folder that cannot be written or holds another set.
        RunFailed: the disk is full, a process was killed, or writing failed in another way; what was written stays.
    """
    names = tuple(f.name for f in all_families()) if families is None else tuple(dict.fromkeys(families))
    _check(pairs, size, workers, seed, names)
    about = {
        "seed": seed, "families": list(names), "size": size,
        "annotate": f"{annotate.__module__}.{annotate.__qualname__}" if annotate else None,
    }  # fmt: skip
    _prepare(out, about)
    try:
        lines = _read_lines(out / "pairs.jsonl")
        missing = [i for i in range(pairs) if i not in lines]
        with (out / "pairs.jsonl").open("a", encoding="utf-8") as log, bar("pairs", pairs, len(lines)) as advance:
            for done in _batches(out, missing, seed, names, size, annotate, workers):
                log.write("".join(json.dumps(line) + "\n" for line in done))
                log.flush()
                lines.update({line["index"]: line for line in done})
                advance(len(done))
        return _finish(out, [lines[i] for i in range(pairs)], about)
    except BrokenProcessPool:
        why = "a process that draws was killed"
        raise RunFailed(str(out), why, "run it again with fewer workers: it goes on") from None
    except OSError as error:
        raise RunFailed(
            str(out), error.strerror or str(error), "free some space and run it again: it goes on"
        ) from None


def write_pair(
    out: Path, index: int, seed: int, names: Sequence[str], size: int, annotate: Annotate | None = None
) -> dict[str, Any]:
    """Draw pair `index`, write its pictures and mask, and return its line of `pairs.jsonl`."""
    one = family(names[index % len(names)])
    sample = draw_sample(one, np.random.default_rng((seed, index, 51)), size)
    stem = f"{index:06d}"
    test, golden, mask = f"images/{stem}_test.png", f"images/{stem}_golden.png", f"masks/{stem}.png"
    numbers = np.zeros(sample.test.shape[:2], np.uint8)
    for number, defect in enumerate(sample.defects, 1):
        numbers[defect.mask] = number
    for name, array in ((test, sample.test), (golden, sample.golden), (mask, numbers)):
        Image.fromarray(array).save(out / name, compress_level=1)
    kinds = list(dict.fromkeys(d.type for d in sample.defects))
    item = {
        "image": test, "reference": golden, "label": "defect" if kinds else "normal", "defect_types": kinds,
        "boxes": [[*d.box, d.type] for d in sample.defects], "mask": mask if kinds else None,
        "split": "held_out" if one.held_out else "train", "object": one.object, "family": one.name,
        "width": size, "height": size,
    }  # fmt: skip
    line: dict[str, Any] = {"index": index, "item": item}
    if annotate is not None:
        extra = annotate(sample, np.random.default_rng((seed, index, 52)))
        line["sample"] = {
            "id": stem, "family": one.name, "object": one.object, "images": [test, golden], **extra
        }  # fmt: skip
    return line


def _check(pairs: int, size: int, workers: int, seed: int, names: Sequence[str]) -> None:
    if pairs < 1:
        raise BadInput(f"pairs {pairs}", "there is nothing to draw", "give 1 or more")
    if not 64 <= size <= 2048:
        raise BadInput(f"size {size}", "pictures are drawn 64 to 2048 pixels wide", "give a side in that range")
    if workers < 1:
        raise BadInput(f"workers {workers}", "at least one process has to draw", "give 1 or more")
    if seed < 0:
        raise BadInput(f"seed {seed}", "seeds are not negative", "give 0 or more")
    if not names:
        raise BadInput("families", "none is named", "name one, or leave the option away for all")
    for name in names:
        family(name)


def _prepare(out: Path, about: dict[str, Any]) -> None:
    path = out / "synth.json"
    try:
        for folder in ("images", "masks"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if (out / "manifest.json").exists():
                raise BadInput(str(out), "it holds a data set that is not of this command", "give another folder")
            path.write_text(json.dumps(about), encoding="utf-8")
        if not os.access(out, os.W_OK):
            raise PermissionError(13, "it cannot be written to")
        had = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(str(out), error.strerror or str(error), "give a folder that can be written to") from None
    except ValueError:
        raise BadInput(str(path), "it is damaged", "remove the folder and draw it again") from None
    for key, value in about.items():
        if had.get(key) != value:
            raise BadInput(
                str(out), f"it was begun with {key} {had.get(key)!r}, not {value!r}", "give the same, or another folder"
            )


def _read_lines(path: Path) -> dict[int, dict[str, Any]]:
    """The finished pairs by index; a last line that a kill cut off is removed from the file."""
    if not path.exists():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    rows = [json.loads(line) for line in whole.decode().splitlines()]
    return {row["index"]: row for row in rows}


def _batches(
    out: Path,
    missing: list[int],
    seed: int,
    names: Sequence[str],
    size: int,
    annotate: Annotate | None,
    workers: int,
) -> Iterator[list[dict[str, Any]]]:
    parts = [missing[i : i + _BATCH] for i in range(0, len(missing), _BATCH)]
    if workers == 1 or len(parts) < 2:
        for part in parts:
            yield _write_part(out, part, seed, names, size, annotate)
        return
    # Spawned: a forked child of a process that has run torch or OpenCV threads may hang.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            futures = [pool.submit(_write_part, out, part, seed, names, size, annotate) for part in parts]
            for future in futures:
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_part(
    out: Path, part: list[int], seed: int, names: Sequence[str], size: int, annotate: Annotate | None
) -> list[dict[str, Any]]:
    return [write_pair(out, index, seed, names, size, annotate) for index in part]


def _finish(out: Path, lines: list[dict[str, Any]], about: dict[str, Any]) -> Path:
    items = [line["item"] for line in lines]
    manifest = {
        "dataset": "synth",
        "world": world_digest(),
        "notes": "Drawn by sage-inspect finetune synth; masks hold 0 or the number of the defect in `boxes`, from 1.",
        "box_format": "[x1,y1,x2,y2,type] pixels, top-left origin",
        **about,
        "counts": _counts(items),
        "items": items,
    }
    _replace(out / "manifest.json", json.dumps(manifest, indent=1))
    samples = [line["sample"] for line in lines if "sample" in line]
    if samples:
        _replace(out / "samples.jsonl", "".join(json.dumps(s, ensure_ascii=False) + "\n" for s in samples))
    return out / "manifest.json"


def _counts(items: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        key = f"{item['split']}/{item['label']}"
        counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items()))


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
