"""One scored trace as a page: pictures, scores, and its steps in order, each claim beside its evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape

from ..data_url import data_url, shown
from ..errors import SageInspectError
from ..images import ImageStore
from ..schema import Check, Claim, Step, Trace
from .checks import TraceView, view_of
from .checks.view import listed, mapping
from .labelled import true_boxes
from .labels import Labels
from .scores import TraceScore

MOST_STEPS = 300
"""Steps that a page shows; of a longer trace those with findings, then the first ones."""
MOST_TEXT = 1500
"""Characters of a result that has no form of its own."""
_FORMS = frozenset(("facts", "comparison", "findings", "reasoning", "plan", "verdict", "checks", "images"))


def trace_page(
    trace: Trace,
    score: TraceScore,
    *,
    labels: Labels | None = None,
    images: ImageStore | None = None,
    back: str = "",
) -> str:
    """The page as HTML, all pictures inside; pictures that the store does not hold are said to be missing.

    Args:
        back: link to the index, "" for none.
    """
    view = view_of(trace, labels)
    pictures = _Pictures(images)
    found: dict[str, list[Check]] = {}
    for check in score.checks:
        found.setdefault(check.step, []).append(check)
    steps = _chosen(trace, found)
    return template("trace.html").render(
        trace=trace,
        score=score,
        verdict=trace.verdict,
        labels=labels,
        back=back,
        frames=_frames(view, pictures),
        boxes=_boxes(view),
        steps=[_shown_step(view, step, found.get(step.id, []), pictures) for step in steps],
        left_out=len(trace.steps) - len(steps),
        nowhere=found.get("", []),
        missing=pictures.missing,
    )


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    """A template of this folder; everything it prints is escaped."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True).get_template(name)


class _Pictures:
    """Data URLs of stored images, each read once; counts what the store does not hold."""

    def __init__(self, images: ImageStore | None) -> None:
        self._images = images
        self._known: dict[tuple[str, int], str | None] = {}
        self.missing = 0

    def url(self, ref: Any, side: int) -> str | None:
        digest = mapping(ref).get("sha256")
        if not isinstance(digest, str) or self._images is None:
            return None
        if (digest, side) not in self._known:
            try:
                self._known[digest, side] = data_url(shown(self._images, digest, side))
            except SageInspectError:
                self._known[digest, side] = None
                self.missing += 1
        return self._known[digest, side]


def _chosen(trace: Trace, found: Mapping[str, list[Check]]) -> list[Step]:
    if len(trace.steps) <= MOST_STEPS:
        return list(trace.steps)
    marked = [i for i, step in enumerate(trace.steps) if step.id in found][:MOST_STEPS]
    others = [i for i in range(len(trace.steps)) if trace.steps[i].id not in found]
    return [trace.steps[i] for i in sorted([*marked, *others[: MOST_STEPS - len(marked)]])]


def _frames(view: TraceView, pictures: _Pictures) -> list[dict[str, Any]]:
    """Test image, golden image and heat map, as far as the store has them."""
    comparison: Mapping[str, Any] = {}
    for step in view.trace.steps:
        comparison = mapping(step.output.get("comparison")) or comparison
    test: Any = view.final.test.model_dump() if view.final is not None and view.final.test is not None else None
    test = test or mapping(view.trace.request.get("test")) or comparison.get("test")
    golden = comparison.get("aligned") or next(iter(listed(comparison.get("references"))), None)
    frames = []
    for name, ref in (("test", test), ("golden", golden), ("heat map", comparison.get("heatmap"))):
        if isinstance(ref, dict) and ref.get("sha256"):
            size = (ref.get("width") or 1, ref.get("height") or 1)
            told = "where the two differ" if name == "heat map" else ref.get("name")
            frames.append({"name": name, "file": told, "url": pictures.url(ref, 900), "size": size})
    return frames


def _boxes(view: TraceView) -> list[dict[str, Any]]:
    """What is drawn over the test image: regions, the verdict's defects, the true defects."""
    boxes = [{"kind": "region", "label": r.id, "box": r.box} for r in view.regions.values()]
    for defect in view.final.defects if view.final else ():
        boxes.append({"kind": "claimed", "label": f"{defect.region} {defect.type}", "box": defect.box})
    boxes += [{"kind": "true", "label": "", "box": b} for b in true_boxes(view.labels) or ()]
    return boxes


def _shown_step(view: TraceView, step: Step, found: list[Check], pictures: _Pictures) -> dict[str, Any]:
    crops = {}
    for finding in map(mapping, listed(step.output.get("findings"))):
        crops[str(mapping(finding.get("claim")).get("id"))] = {
            "test": pictures.url(finding.get("crop"), 160),
            "golden": pictures.url(finding.get("reference_crop"), 160),
            "p_true": finding.get("p_true"),
            "words": finding.get("answer"),
        }
    here = [s for s in view.said if s.step is step]
    other = {k: v for k, v in step.output.items() if k not in _FORMS and v not in (None, [], {}, "")}
    return {
        "step": step,
        "found": found,
        "worst": "error" if any(c.severity == "error" for c in found) else "warning" if found else "",
        "facts": [t for told in view.told_facts.values() for t in told if t.step is step],
        "regions": [t for told in view.told_regions.values() for t in told if t.step is step],
        "why": mapping(step.output.get("plan")).get("why"),
        "claims": [_shown_claim(view, s.claim, s.withdrawn, crops.get(s.claim.id), found) for s in here],
        "other": json.dumps(other, ensure_ascii=False, default=str)[:MOST_TEXT] if other else "",
    }


def _shown_claim(
    view: TraceView, claim: Claim, withdrawn: bool, crop: dict[str, Any] | None, found: list[Check]
) -> dict[str, Any]:
    return {
        "claim": claim,
        "withdrawn": withdrawn,
        "crop": crop,
        "facts": [(f, view.facts.get(f)) for f in claim.facts],
        "regions": [(r, view.regions.get(r)) for r in claim.regions],
        "found": [c for c in found if c.subject == claim.id],
    }
