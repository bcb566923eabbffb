"""What a run leaves for people: `overlay.png`, and `report.html`, one file with its images inside."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from markupsafe import Markup, escape
from PIL import Image

from ..data_url import data_url, shown
from ..errors import RunFailed
from ..images import ImageStore
from ..schema import Comparison, ComparisonReport, Verdict
from .overlay import draw_overlay
from .state import InspectionState, read_comparison, read_findings, read_test


def write_report(folder: Path, verdict: Verdict, state: InspectionState | dict[str, Any], images: ImageStore) -> None:
    """Write `overlay.png` and `report.html` into `folder` from a finished run's verdict and state.

    Raises:
        OSError: the folder cannot be written.
    """
    comparison = read_comparison(state)  # type: ignore[arg-type]
    findings = read_findings(state)  # type: ignore[arg-type]
    picture = images.open(read_test(state))  # type: ignore[arg-type]
    # Where the two do not show the same, everything differs: a heat map over all of it would say nothing.
    heated = comparison and comparison.heatmap and comparison.registration.comparable
    heat = images.open(comparison.heatmap) if heated else None  # type: ignore[arg-type, union-attr]
    judged = {f.region: f for f in findings}
    told = {r.id: r.told for r in (comparison.regions if comparison else ()) if r.change == "moved"}
    boxes = [
        (_label(r.id, judged.get(r.id)), r.box, judged[r.id].claim.defect if r.id in judged else None)
        for r in (comparison.regions if comparison else ())
    ]
    overlay = draw_overlay(picture, heat, boxes, comparison.regions if comparison else ())
    overlay.save(folder / "overlay.png")
    golden = comparison.aligned or comparison.references[0] if comparison else None
    html = _template().render(
        verdict=verdict,
        tone={"normal": "good", "anomalous": "bad", "uncertain": "open"}[verdict.verdict],
        comparison=comparison,
        plan=(state.get("plan") or {}).get("why", ""),
        overlay=data_url(overlay),
        golden=data_url(shown(images, golden)) if golden else None,
        findings=[
            {
                "finding": f,
                "moved": told.get(f.region, ""),
                "crop": data_url(shown(images, f.crop, 240)),
                "reference": data_url(shown(images, f.reference_crop, 240)) if f.reference_crop else None,
            }
            for f in findings
        ],
        cite=_linked,
    )
    (folder / "report.html").write_text(html, encoding="utf-8")


def write_comparison(folder: Path, found: Comparison, images: ImageStore) -> ComparisonReport:
    """Write `heatmap.png` and `overlay.png` of a comparison into `folder`, and name them in the report.

    Raises:
        RunFailed: the folder cannot be written.
    """
    heat = images.open(found.heatmap) if found.heatmap else Image.new("L", (found.test.width, found.test.height))
    picture = images.open(found.test)
    overlay = draw_overlay(picture, heat, [(r.id, r.box, None) for r in found.regions], found.regions)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        heat.save(folder / "heatmap.png")
        overlay.save(folder / "overlay.png")
    except OSError as error:
        raise RunFailed(
            str(folder), f"it cannot be written ({error.strerror or error})", "name another folder with --out"
        ) from None
    return ComparisonReport(
        **found.model_dump(exclude={"aligned", "heatmap"}),
        heatmap=str(folder / "heatmap.png"),
        overlay=str(folder / "overlay.png"),
    )


def _label(region: str, finding: Any) -> str:
    kind = finding.claim.type if finding is not None else None
    return f"{region} {kind}" if kind else region


def _linked(text: str) -> Markup:
    """Escaped text whose `[F1]` and `[R1]` are links to the fact or the region on the same page."""
    return Markup(re.sub(r"\[([FR]\d+)\]", r'<a class="cite" href="#\1">\1</a>', str(escape(text))))


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=select_autoescape()).get_template("report.html")
