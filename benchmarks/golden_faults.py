"""Is a defective image among the golden ones named? Part of `benchmarks.knowledge --golden`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from ..images import ImageStore
from ..tools.check_golden import OUTLIER, outliers
from ..tools.compare import golden_scores

SETS = ("aliens", "metal_nut", "hazelnut", "magnetic_tile", "bsdata")
PLANTED = 8


def main(data: Path) -> None:
    """One line a set: a defective image is put among the golden ones, `PLANTED` times another one."""
    images = ImageStore(Path(tempfile.mkdtemp()))
    for name in SETS:
        items = json.loads((data / name / "manifest.json").read_text())["items"]
        pool = [images.put(data / name / i["image"]) for i in items if i["split"] == "reference"]
        bad = [data / name / i["image"] for i in items if i["split"] != "reference" and i["label"] == "defect"]
        bad = bad[:: max(1, len(bad) // PLANTED)][:PLANTED]
        named = highest = others = 0
        for file in bad:
            planted = images.put(file)
            used, scores = golden_scores([*pool, planted], images=images)
            away = outliers(scores)
            mine = [r.sha256 == planted.sha256 for r in used].index(True)
            named += bool(away[mine] >= OUTLIER)
            highest += bool(away[mine] == away.max())
            others += int((np.delete(away, mine) >= OUTLIER).sum())
        print(
            f"{name:15} {len(pool)} golden images and a defective one: named {named} of {len(bad)}, stands out most "
            f"{highest} of {len(bad)}; sound ones named beside it {others / len(bad):.1f} of {len(pool)}",
            flush=True,
        )
