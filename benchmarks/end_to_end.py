"""Whole inspections of real pairs: `python -m sage_inspect.benchmarks.end_to_end [--every N]`.

Needs the shared data (SAGE_DATA, else ../shared/data). Boards: is every labelled defect listed, with its type, and
nothing else; and is a golden board inspected against itself under a slight turn and shift `normal`. Photographs, which
the embedded model does not know: which verdict, and in how many is a defect given a name.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

DATA = Path(os.environ.get("SAGE_DATA", "../shared/data"))
NAMES = {"copper": "spurious copper"}


def items(name: str) -> list[dict]:
    """The manifest's items of a data set."""
    return json.loads((DATA / name / "manifest.json").read_text())["items"]


def boards(every: int) -> None:
    """DeepPCB pairs."""
    from ..agents.api import inspect
    from ..schema import Box

    labelled = found = named = listed = right = 0
    verdicts, normals, doubts, taken = Counter(), Counter(), Counter(), []
    for item in [i for i in items("deeppcb") if i["label"] == "defect"][::every]:
        golden = DATA / "deeppcb" / item["reference"]
        began = time.perf_counter()
        verdict = inspect(DATA / "deeppcb" / item["image"], references=golden)
        taken.append(time.perf_counter() - began)
        verdicts[verdict.verdict] += 1
        if verdict.verdict == "uncertain":
            doubts[verdict.doubt[:60]] += 1
        truth = [(Box(*map(int, b[:4])), NAMES.get(b[4], b[4])) for b in item["boxes"]]
        labelled, listed = labelled + len(truth), listed + len(verdict.defects)
        for box, kind in truth:
            x, y = box.center
            on = [d for d in verdict.defects if d.box.x1 <= x < d.box.x2 and d.box.y1 <= y < d.box.y2]
            found += bool(on)
            named += any(d.type == kind for d in on)
        for d in verdict.defects:
            x, y = d.box.center
            right += any(b.x1 - 5 <= x < b.x2 + 5 and b.y1 - 5 <= y < b.y2 + 5 for b, _ in truth)
        picture = cv2.imread(str(golden), cv2.IMREAD_GRAYSCALE)
        turn = cv2.getRotationMatrix2D((320, 320), 0.7, 1)
        turn[:, 2] += (2.3, -1.6)
        moved = cv2.warpAffine(picture, turn, picture.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        sound = inspect(np.where(moved > 127, 255, 0).astype(np.uint8), references=golden)
        normals[sound.verdict] += 1
    print(f"boards: {sum(verdicts.values())} defective {dict(verdicts)}, {sum(normals.values())} sound {dict(normals)}")
    print(
        f"  defects listed {found}/{labelled}, type right {named}/{labelled}, listed that are labelled {right}/{listed}"
    )
    print(f"  median {statistics.median(taken):.2f} s a pair; doubts: {dict(doubts)}")


def photographs(name: str, every: int) -> None:
    """A set that the embedded model does not know, one golden image."""
    from ..agents.api import inspect

    pool = [i for i in items(name) if i["split"] == "reference"]
    told: dict[str, Counter] = {"normal": Counter(), "defect": Counter()}
    named = 0
    for item in [i for i in items(name) if i["split"] != "reference"][::every]:
        golden = item["reference"] or pool[0]["image"]
        verdict = inspect(DATA / name / item["image"], references=DATA / name / golden)
        told[item["label"]][verdict.verdict] += 1
        named += any(d.type != "unnamed difference" for d in verdict.defects)
    print(f"{name}: " + ", ".join(f"{k} {dict(v)}" for k, v in told.items()) + f"; a defect given a name in: {named}")


def main() -> None:
    """Run both in a home of their own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=5)
    every = parser.parse_args().every
    if not DATA.exists():
        raise SystemExit(f"no data at {DATA}; set SAGE_DATA")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SAGE_INSPECT_HOME"] = home
        boards(every)
        for name in ("aliens", "hazelnut", "metal_nut"):
            photographs(name, every)


if __name__ == "__main__":
    main()
