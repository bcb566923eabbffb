"""How well and how fast `sage_inspect.compare` finds what differs, on the shared data sets.

    python -m sage_inspect.benchmarks.compare [--sets deeppcb ...] [--pad 10] [--disturb] [--aslant .015] [--json FILE]

DeepPCB: precision, recall and F of region boxes, class-agnostic, IoU > .33, each truth matched once; `type` is the
share of matched boxes whose hint is the labelled type. Boxes are padded by `--pad` pixels, which is that data set's
labelling habit (10). `--disturb` first moves each test image by up to 8 pixels and 2 degrees, blurs it and adds 5 %
salt and pepper. Photographs: image AUROC of the score with one golden image (mean over draws), with four, and with
all of them; `point` is how often the hottest place of a defective image lies in its labelled boxes or mask. Times are
medians of a whole call of `compare`, decoding and storing included, on one OpenCV thread; with one golden image it
counts as new in each call unless several tests share it. The board recipe's parameters and the descriptor groups'
weights were picked on these same images, so the figures here are no held-out figures.

For sets with 20 or more golden images `false alarms` and `misses` are those of the threshold that the golden images
alone give (`tools.thresholds`, robust rule, 5 %), and `drawn again` the false alarms on all other normals where 20 of
all, golden and test images alike, give it. `% of time` is where the time went (`benchmarks.stages`).

Measured with `--goldens 1 4 0`, `--sets deeppcb`, the same with `--disturb` and with `--aslant .015` on two CPU cores:

    deeppcb             210 pairs, 1414 boxes   P .995  R .996  F .996 [.993 .998]  type .994   24 ms
      time: reading and storing 27 %, registration 26, matching 23, regions 6, this script's own 18
    deeppcb --disturb                           P .984  R .995  F .989 [.984 .994]  type .992   35 ms
    deeppcb --aslant .015                       F .994 [.991 .997]
    aliens              AUROC .995 [.986 1.000] (1 golden, 4 draws)  .999 [.995 1.000] (4)
                        1.000 (28: false alarms .00, misses .00, drawn again .11)
    hazelnut            1.000 (1, 4, 28; points right in all; false alarms .00, misses .00, drawn again .09)
    metal_nut           .943 [.845 .992] (1), points right in 31 of 32  .982 [.934 1.000] (4), in all
                        .984 [.941 1.000] (22: false alarms 2 of 8, misses .00, drawn again .07)
    bsdata, same scale  .960 [.921 .988] (its own golden image), points right in .67 of 54
    magnetic_tile       .820 [.751 .886] (35: false alarms .00, misses .80, drawn again .07), points right in .73 of 182
      time, one golden image: description 48 to 68 %, regions 9 to 22, registration 2 to 9, matching 4 to 6
    --aslant .02, 1 golden: aliens .995, metal_nut .937, bsdata .960

With `SAGE_INSPECT_ENCODER=classical`: aliens .996 (1); hazelnut 1.000; metal_nut .813 [.631 .945] (1), .905 [.777 .982]
(4); bsdata .948, points right in .56.

The plants and the detector of `tools.texture` were picked on every second test image of magnetic_tile;
the other half gives .817.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from sage_inspect.benchmarks.stages import Stages
from sage_inspect.images import ImageStore
from sage_inspect.schema import Box
from sage_inspect.tools.compare import compare, golden_scores
from sage_inspect.tools.geometry import carry, compose, grey, rotation, translation, warp
from sage_inspect.tools.thresholds import threshold_at_rate

DATA = Path(os.environ.get("SAGE_DATA", Path(__file__).parents[2] / "shared" / "data"))
SETS = ("deeppcb", "aliens", "hazelnut", "metal_nut", "bsdata", "magnetic_tile")
TYPES = {"copper": "spurious copper"}
RATE = 0.05
"""False-alarm rate that the threshold from normals alone aims at."""


def load(name):
    """Items of a data set's manifest with absolute paths."""
    items = json.loads((DATA / name / "manifest.json").read_text())["items"]
    for item in items:
        for key in ("image", "reference", "mask"):
            item[key] = str(DATA / name / item[key]) if item.get(key) else None
    return items


def auroc(defect, normal):
    """Chance that a defective image scores above a normal one, ties counted half."""
    a, b = np.array(defect)[:, None], np.array(normal)[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def interval(defect, normal):
    """95 % bootstrap interval of the AUROC over images."""
    rng = np.random.default_rng(0)
    a, b = np.array(defect), np.array(normal)
    spread = [auroc(rng.choice(a, len(a)), rng.choice(b, len(b))) for _ in range(500)]
    return [float(v) for v in np.percentile(spread, [2.5, 97.5])]


def aslant(path, seed, share):
    """A picture seen aslant: its corners moved by up to a share of its sides, its edge repeated; and the map."""
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    size = np.array(image.shape[1::-1])
    corners = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    moved = corners + np.random.default_rng(seed).uniform(-share, share, (4, 2))
    matrix = cv2.getPerspectiveTransform(np.float32(corners * size), np.float32(moved * size))
    return warp(image, matrix, image.shape[1::-1]), matrix


def disturbed(path, seed):
    """A board moved by up to 8 pixels and 2 degrees, blurred, with 5 % salt and pepper; and the map of its pixels."""
    rng = np.random.default_rng(seed)
    image = grey(cv2.imread(str(path)))
    size = image.shape[1::-1]
    matrix = compose(translation(*rng.uniform(-8, 8, 2)), rotation(float(rng.uniform(-2, 2)), *size))
    image = cv2.GaussianBlur(warp(image, matrix, size, border=255), (0, 0), 1.0)
    where = rng.random(image.shape)
    image[where < 0.025], image[where > 0.975] = 0, 255
    return image, matrix


def carried(box, matrix):
    """Axis-parallel hull of a moved box."""
    corners = carry(np.array([[x, y] for x in box[::2] for y in box[1::2]], float), matrix)
    return Box(*np.round([*corners.min(axis=0), *corners.max(axis=0)]).astype(int).tolist())


def boards(images, pad, every, disturb, share):
    """P, R, F, type accuracy and time on DeepPCB, with a bootstrap interval of F over the pairs."""
    rows, times = [], []
    for number, item in enumerate([i for i in load("deeppcb") if i["reference"]][::every]):
        truth = [(Box(*b[:4]), TYPES.get(b[4], b[4])) for b in item["boxes"]]
        test = item["image"]
        if disturb or share:
            test, matrix = aslant(test, number, share) if share else disturbed(test, number)
            truth = [(carried(box, matrix), name) for box, name in truth]
        start = time.perf_counter()
        found = compare(test, item["reference"], images=images, pad=pad, max_regions=40)
        times.append(time.perf_counter() - start)
        left, right_type, hits = list(truth), 0, 0
        for region in found.regions:
            best = max(left, key=lambda t: t[0].iou(region.box), default=None)
            if best and best[0].iou(region.box) > 0.33:
                left.remove(best)
                hits, right_type = hits + 1, right_type + (best[1] == region.hint)
        rows.append((hits, len(found.regions), len(truth), right_type))
    rows = np.array(rows, float)

    def f_score(part):
        hits, found, truth, _ = part.sum(axis=0)
        return 2 * hits / (found + truth)

    rng = np.random.default_rng(0)
    spread = [f_score(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(1000)]
    hits, count, truth, right = rows.sum(axis=0)
    return {
        "pairs": len(rows),
        "boxes": int(truth),
        "P": hits / count,
        "R": hits / truth,
        "F": f_score(rows),
        "F 95 %": [float(v) for v in np.percentile(spread, [2.5, 97.5])],
        "type": right / hits,
        "ms": 1000 * float(np.median(times)),
    }


def points_right(found, item, images):
    """Whether the hottest place lies inside a labelled box or mask; None without either."""
    heat = images.array(found.heatmap)
    y, x = np.unravel_index(int(cv2.GaussianBlur(heat, (0, 0), 2).argmax()), heat.shape)
    if item["mask"]:
        mask = cv2.imread(item["mask"], cv2.IMREAD_GRAYSCALE)
        if mask is None or mask.shape != heat.shape:
            return None
        return bool(cv2.dilate(mask, np.ones((9, 9), np.uint8))[y, x])
    if item["boxes"]:
        return any(b[0] <= x < b[2] and b[1] <= y < b[3] for b in item["boxes"])
    return None


def drawn_again(normal, rounds=500):
    """False alarms of the threshold from 20 normals at random on the others, golden and test images alike."""
    rng = np.random.default_rng(0)
    orders = [rng.permutation(normal) for _ in range(rounds)]
    return float(np.mean([np.mean(o[20:] > threshold_at_rate(o[:20], RATE)) for o in orders]))


def photographs(name, images, every, goldens, draws, share):
    """Image AUROC (mean over draws of golden images), pointing and time on one data set of photographs."""
    items = load(name)
    pool = [i["image"] for i in items if i["split"] == "reference"]
    tests = [i for i in items if i["split"] != "reference" and i.get("same_scale_as_reference", True)][::every]
    paired = name == "bsdata"
    aurocs, spans, times, pointed, comparable, alarms, misses, drawn = [], [], [], [], [], [], [], []
    for draw in range(1 if paired or goldens >= len(pool) else draws):
        start = draw * max(1, len(pool) // draws)
        step = max(1, len(pool) // goldens)
        chosen = [pool[(start + k * step) % len(pool)] for k in range(min(goldens, len(pool)))]
        scores = {"normal": [], "defect": []}
        for number, item in enumerate(tests):
            test = aslant(item["image"], number, share)[0] if share else item["image"]
            begin = time.perf_counter()
            found = compare(test, [item["reference"]] if paired else chosen, images=images)
            times.append(time.perf_counter() - begin)
            scores[item["label"]].append(found.score)
            comparable.append(found.registration.comparable)
            if not share and item["label"] == "defect" and (hit := points_right(found, item, images)) is not None:
                pointed.append(hit)
        aurocs.append(auroc(scores["defect"], scores["normal"]))
        spans.append(interval(scores["defect"], scores["normal"]))
        if len(chosen) >= 20 and not paired:
            golden = golden_scores(chosen, images=images)[1]
            bar = threshold_at_rate(golden, RATE)
            drawn.append(drawn_again([*golden, *scores["normal"]]))
            alarms.append(np.mean(np.array(scores["normal"]) > bar))
            misses.append(np.mean(np.array(scores["defect"]) <= bar))
    return {
        "golden": len(chosen) if not paired else 1,
        "draws": len(aurocs),
        "auroc": float(np.mean(aurocs)),
        "95 %": [float(v) for v in np.mean(spans, axis=0)],
        "least": min(aurocs),
        "point": float(np.mean(pointed)) if pointed else None,
        "of": len(pointed),
        "comparable": float(np.mean(comparable)),
        "false alarms": float(np.mean(alarms)) if alarms else None,
        "misses": float(np.mean(misses)) if misses else None,
        "drawn again": float(np.mean(drawn)) if drawn else None,
        "first ms": 1000 * times[0],
        "ms": 1000 * float(np.median(times)),
    }


def show(row):
    """One line of the table."""

    def text(value):
        if isinstance(value, list):
            return "[" + " ".join(f"{v:.3f}" for v in value) + "]"
        return (
            f"{value:.3f}" if isinstance(value, float) and value < 2 else f"{value:.0f}" if value is not None else "-"
        )

    return "  ".join(f"{k} {v if isinstance(v, str) else text(v)}" for k, v in row.items())


def main():
    """Run the chosen data sets and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--pad", type=int, default=10, help="padding of board boxes, pixels")
    parser.add_argument("--disturb", action="store_true", help="move, blur and salt the boards first")
    parser.add_argument("--aslant", type=float, default=0.0, help="move the corners of test images by such a share")
    parser.add_argument("--every", type=int, default=1, help="take each N-th item only")
    parser.add_argument("--goldens", nargs="+", type=int, default=[1, 4], help="numbers of golden images (0: all)")
    parser.add_argument("--draws", type=int, default=4, help="draws of golden images")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        images = ImageStore(Path(folder))
        for name in options.sets:
            if not (DATA / name / "manifest.json").exists():
                print(f"{name}: not in {DATA} (set SAGE_DATA)")
                continue
            for count in {"deeppcb": [1], "bsdata": [1], "magnetic_tile": [0]}.get(name, options.goldens):
                with Stages() as stages:
                    if name == "deeppcb":
                        row = boards(images, options.pad, options.every, options.disturb, options.aslant)
                    else:
                        row = photographs(name, images, options.every, count or 10**6, options.draws, options.aslant)
                rows.append({"set": name, **row, "% of time": stages.shares()})
                print(show(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
