"""The commands `sage-inspect golden calibrate`, `drift` and `thresholds`: from golden images' scores to a threshold."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ..errors import BadInput
from ..json_option import JSON, tell

if TYPE_CHECKING:
    from ..tools.calibration import CalibrationFile


@click.command("calibrate")
@click.argument("object_name", metavar="OBJECT")
@click.option("--rate", type=float, default=None, help="False-alarm rate to aim at; default 0.05.")
@click.option("--rule", type=click.Choice(["robust", "conformal"]), default="robust", show_default=True)
@click.option("--miss", type=float, default=None, help="Cost of a defect that passes (with --overkill and --defects).")
@click.option("--overkill", type=float, default=None, help="Cost of a good part that is flagged.")
@click.option("--defects", type=float, default=None, help="Share of defective parts, e.g. 0.01.")
@click.option("--foreground", type=click.Choice(["dark", "light"]), default="dark", help="Tone of a board's copper.")
@JSON
def calibrate(
    object_name: str,
    rate: float | None,
    rule: str,
    miss: float | None,
    overkill: float | None,
    defects: float | None,
    foreground: str,
    as_json: bool,
) -> None:
    """Derive the threshold of OBJECT from its golden images alone and store it as the object's next version."""
    from ..agents.stores import open_stores
    from ..tools.calibration import Calibration
    from ..tools.compare import golden_scores
    from ..tools.thresholds import check_rate, rate_from_costs, threshold_at_rate

    note = ""
    costs = (miss, overkill, defects)
    if any(c is not None for c in costs):
        if miss is None or overkill is None or defects is None or rate is not None:
            what = "--miss, --overkill, --defects"
            raise BadInput(what, "the three belong together and stand for --rate", "give all three or a rate")
        rate = rate_from_costs(miss, overkill, defects)
        note = f"miss {miss:g}, overkill {overkill:g}, share of defects {defects:g}"
    # Told before the golden images are compared with each other, which takes a while.
    rate = check_rate(0.05 if rate is None else rate)
    stores, name = open_stores(), _plain(object_name)
    goldens = [g.ref for g in stores.golden.list(name)]
    if not goldens:
        remedy = f"sage-inspect golden add {shlex.quote(object_name)} IMAGE..."
        raise BadInput(f"'{object_name}'", "there is no golden image of it", remedy)
    used, scores = golden_scores(goldens, images=stores.images, foreground="light" if foreground == "light" else "dark")
    threshold = threshold_at_rate(scores, rate, "conformal" if rule == "conformal" else "robust")
    made = _file().add(
        Calibration(
            object=name, threshold=threshold, rule="conformal" if rule == "conformal" else "robust", rate=rate,
            scores=scores, goldens=tuple(r.sha256 for r in used), note=note,
        )
    )  # fmt: skip
    line = f"{made.object} version {made.version}: threshold {made.threshold:.4f} for a false-alarm rate of {rate:.3g}"
    tell(made.model_dump(mode="json"), as_json, f"{line} ({rule}, {len(scores)} golden images)")


@click.command("drift")
@click.argument("object_name", metavar="OBJECT")
@click.argument("recent", nargs=-1, required=True)
@click.option("--level", type=float, default=0.01, show_default=True, help="p-value below which drift is told.")
@click.option("--fail", is_flag=True, help="Exit 1 where there is drift.")
@JSON
def drifted(object_name: str, recent: tuple[str, ...], level: float, fail: bool, as_json: bool) -> None:
    """Tell whether RECENT images, taken for normal, still score as the golden images of OBJECT did."""
    from ..agents.stores import open_stores
    from ..tools.compare import compare
    from ..tools.thresholds import check_counts, drift

    if not 0 < level < 1:
        raise BadInput(f"--level {level:g}", "a p-value lies between 0 and 1", "give for example 0.01")
    stores, stored = open_stores(), _file().get(_plain(object_name))
    check_counts(len(recent), len(stored.scores))
    scores = [compare(image, list(stored.goldens), images=stores.images).score for image in recent]
    found = drift(scores, stored.scores, level)
    way = "higher" if found.higher >= 0.5 else "lower"
    line = f"drift: recent images score {way} than the golden ones" if found.drifted else "no drift"
    row = {"object": stored.object, "version": stored.version, **found._asdict(), "scores": scores}
    tell(row, as_json, f"{line} (p {found.p_value:.3g}, {len(scores)} recent, version {stored.version})")
    if fail and found.drifted:
        raise SystemExit(1)


@click.command("thresholds")
@click.option("--object", "object_name", default=None)
@JSON
def thresholds(object_name: str | None, as_json: bool) -> None:
    """List the stored thresholds with their versions."""
    from .. import console

    rows = [c.model_dump(mode="json") for c in _file().list(None if object_name is None else _plain(object_name))]
    console.show_rows(
        rows, ("object", "version", "threshold", "rule", "rate", "note", "made"), "thresholds", as_json=as_json
    )


def flagged(score: float, object_name: str, version: int | None = None) -> tuple[bool, float, int]:
    """Whether a score is above the stored threshold of an object; and that threshold with its version.

    Raises:
        BadInput: no threshold is stored for it.
    """
    stored = _file().get(_plain(object_name), version)
    return score > stored.threshold, stored.threshold, stored.version


def calibrated_goldens(object_name: str) -> list[str]:
    """Digests of the golden images that the stored threshold of an object was derived from.

    Raises:
        BadInput: no threshold is stored for it.
    """
    return list(_file().get(_plain(object_name)).goldens)


def _file() -> CalibrationFile:
    from ..settings import get_settings
    from ..tools.calibration import FILE, CalibrationFile

    return CalibrationFile(get_settings().home / FILE)


def _plain(object_name: str) -> str:
    from ..knowledge.objects import normal_name

    return normal_name(object_name)
