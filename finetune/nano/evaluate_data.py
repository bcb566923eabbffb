"""What nano is measured on: freshly drawn crops, and the shared data, which is read and never trained on.

The shared data lies in the folder that `SAGE_DATA` names, or in `../shared/data` beside the checkout.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...models.windows import windows
from ..world.boards.crops import SIDE, STORED
from ..world.crops import draw_windows
from ..world.families import families, family_names, label_names
from ..world.family import Family
from ..world.sample import draw_sample

PHOTOGRAPHS = ("aliens", "hazelnut", "metal_nut", "bsdata", "magnetic_tile")
BOARD = "bare board"
_NAMES = {"copper": "spurious copper"}


class Example(NamedTuple):
    """A pair of windows to be measured on.

    Attributes:
        test, reference: luma pictures `L` of equal size.
        kind: the defect type it shows, "" for none.
        family: of the world; "" for pictures of other things.
        size: longer side of the defect in pixels, 0 for none.
    """

    test: Image.Image
    reference: Image.Image
    kind: str = ""
    family: str = BOARD
    size: int = 0


def shared_data() -> Path | None:
    """The folder of the shared data, None where there is none."""
    folder = Path(os.environ.get("SAGE_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
    return folder if folder.is_dir() else None


def drawn(count: int, seed: int, worlds: Sequence[Family] | None = None) -> list[Example]:
    """`count` drawn pairs of 96 x 96 pixels from a seed that training must not have used.

    Args:
        worlds: families, default all that are trained on.
    """
    room = (STORED - SIDE) // 2
    inner = np.s_[room : room + SIDE, room : room + SIDE]
    names, labels = family_names(), label_names()
    return [
        Example(
            Image.fromarray(w.test[inner]),
            Image.fromarray(w.golden[inner]),
            labels[w.label] if w.label else "",
            names[w.family],
            w.size,
        )
        for _, w in zip(range(count), draw_windows(seed, worlds), strict=False)
    ]


def drawn_windows(count: int, seed: int) -> list[Example]:
    """`count` windows of whole drawn pictures of the known families, each its own reference.

    They are cut as the agent cuts them to find out what an image shows (models/windows.py).
    """
    rng = np.random.default_rng((seed, 13))
    names = [f.name for f in families(False)]
    out: list[Example] = []
    while len(out) < count:
        name = names[int(rng.integers(len(names)))]
        picture = draw_sample(name, rng, int(rng.integers(320, 513))).test
        luma = np.asarray(Image.fromarray(picture).convert("L"))
        boxes = windows(picture)
        for k in rng.permutation(len(boxes))[: min(4, count - len(out))]:
            x1, y1, x2, y2 = boxes[k]
            cut = Image.fromarray(luma[y1:y2, x1:x2])
            out.append(Example(cut, cut, family=name))
    return out


def whole_windows(folder: Path, name: str, images: int, seed: int = 0, side: int = 192) -> list[Example]:
    """The same of a shared data set: a 3 x 3 grid of windows over each of some images, plain ones left out."""
    items = json.loads((folder / name / "manifest.json").read_text())["items"]
    rng = np.random.default_rng((seed, 14))
    out = []
    for k in rng.permutation(len(items))[:images]:
        luma = np.asarray(Image.open(folder / name / items[k]["image"]).convert("L"))
        height, width = luma.shape
        window = min(side, height, width)
        for y in np.linspace(0, height - window, 3).astype(int):
            for x in np.linspace(0, width - window, 3).astype(int):
                part = luma[y : y + window, x : x + window]
                if part.std() >= 8:
                    out.append(Example(Image.fromarray(part), Image.fromarray(part), family=""))
    return out


def _window(x: float, y: float, side: int, width: int, height: int) -> tuple[slice, slice]:
    side = min(side, width, height)
    left = int(np.clip(x - side / 2, 0, width - side))
    top = int(np.clip(y - side / 2, 0, height - side))
    return np.s_[top : top + side, left : left + side]


def _jittered(image: NDArray[np.uint8], rng: np.random.Generator, shift: float, angle: float) -> NDArray[np.uint8]:
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-angle, angle)), 1.0)
    turn[:, 2] += rng.uniform(-shift, shift, 2)
    return cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def deeppcb(
    folder: Path, *, positives: int, negatives: int, shift: float = 0.0, angle: float = 0.0, seed: int = 0
) -> list[Example]:
    """Crops of DeepPCB as the agent would cut them: around labelled boxes, and at places without any.

    Args:
        folder: the shared data.
        positives, negatives: how many of each, evenly over the images.
        shift, angle: greatest offset (pixels) and rotation (degrees) given to each golden crop.
    """
    manifest = json.loads((folder / "deeppcb" / "manifest.json").read_text())
    items = [item for item in manifest["items"] if item["reference"]]
    rng = np.random.default_rng((seed, 11))
    boxes = [(i, b) for i, item in enumerate(items) for b in item["boxes"]]
    chosen = [boxes[k] for k in rng.permutation(len(boxes))[:positives]]
    places: list[tuple[int, float, float, int, str, int]] = []
    for i, b in chosen:
        side = round(max(96, 1.6 * max(b[2] - b[0], b[3] - b[1])))
        size = round(max(b[2] - b[0], b[3] - b[1]))
        places.append((i, (b[0] + b[2]) / 2, (b[1] + b[3]) / 2, side, _NAMES.get(b[4], b[4]), size))
    while negatives:
        i = int(rng.integers(len(items)))
        x, y = rng.uniform(50, 590, 2)
        if all(b[2] < x - 48 or b[0] > x + 48 or b[3] < y - 48 or b[1] > y + 48 for b in items[i]["boxes"]):
            places.append((i, x, y, 96, "", 0))
            negatives -= 1
    out = []
    for i, x, y, side, kind, size in places:
        test = np.asarray(Image.open(folder / "deeppcb" / items[i]["image"]).convert("L"))
        golden = np.asarray(Image.open(folder / "deeppcb" / items[i]["reference"]).convert("L"))
        height, width = test.shape
        margin = side + 24
        # Jitter turns the crop about its own centre, as a slightly wrong registration would.
        wide = _window(x, y, margin, width, height)
        near = golden[wide].copy() if not (shift or angle) else _jittered(golden[wide], rng, shift, angle)
        moved = golden.copy()
        moved[wide] = near
        cut = _window(x, y, side, width, height)
        out.append(Example(Image.fromarray(test[cut]), Image.fromarray(moved[cut]), kind, BOARD, size))
    return out


def photographs(folder: Path, each: int, seed: int = 0) -> Iterator[tuple[str, Example]]:
    """Crops of photographs with another picture of the same kind as reference: `(set, example)`, label unknown (0)."""
    rng = np.random.default_rng((seed, 12))
    for name in PHOTOGRAPHS:
        manifest = folder / name / "manifest.json"
        if not manifest.exists():
            continue
        items = json.loads(manifest.read_text())["items"]
        goldens = [i for i in items if i.get("split") == "reference"] or items
        for k in rng.permutation(len(items))[:each]:
            test = Image.open(folder / name / items[k]["image"]).convert("L")
            other = items[k].get("reference") or goldens[rng.integers(len(goldens))]["image"]
            golden = Image.open(folder / name / other).convert("L").resize(test.size)
            side = round(min(test.size) * float(rng.uniform(0.15, 0.9)))
            x = int(rng.integers(0, test.width - side + 1))
            y = int(rng.integers(0, test.height - side + 1))
            box = (x, y, x + side, y + side)
            yield name, Example(test.crop(box), golden.crop(box), family="")
