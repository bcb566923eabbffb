"""What the command line shows: progress by node on stderr, verdict and tables on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

if TYPE_CHECKING:
    from .agents.run import Event
    from .schema import ComparisonReport, Trace, Verdict

out = Console()
err = Console(stderr=True)
_TONE = {"normal": "green", "anomalous": "red", "uncertain": "yellow"}
_SOURCE = {
    "p_true": "from the model's logits",
    "p_value": "from the golden images",
    "comparison": "the comparison's score alone",
    "criterion": "an acceptance criterion allows it",
    "review": "a reviewer's word",
    None: "",
}


def waiting(what: str) -> AbstractContextManager[Any]:
    """A spinner on a terminal's stderr, nothing elsewhere."""
    return err.status(f"{what} ...") if err.is_terminal else nullcontext()


def progress(events: Iterator[Event], *, quiet: bool = False) -> dict[str, Any]:
    """Follow a run: one line a node that ended, on stderr (none with `quiet`).

    Returns:
        Where the run waits for a person: `waiting` (why) and `verdict` (the provisional one); else nothing.
    """
    waits: dict[str, Any] = {}
    for event in events:
        # After a review event comes the reviewer's turn; where they answer, more events follow.
        waits = {}
        if event.kind == "review":
            waits = {"waiting": str(event.data.get("why", "review")), "verdict": event.data.get("verdict")}
        if event.kind == "end" and not quiet:
            line = f"[dim]{event.node:>9} {event.subject:<4}[/dim]{event.ms:8.0f} ms  {escape(_told(event))}"
            err.print(line, highlight=False)
    return waits


def _told(event: Event) -> str:
    data = event.data
    match event.node:
        case "intake":
            images = data.get("images") or {}
            return f"{data.get('object') or 'unknown object'}; golden image: {images.get('chosen', 'as before')}"
        case "recall":
            return f"{len(data.get('facts') or ())} facts"
        case "compare":
            found = data.get("comparison")
            return (
                f"difference {found['score']:.2f}, {len(found.get('regions', ()))} regions"
                if found
                else "nothing to compare with"
            )
        case "plan":
            return str(data["plan"]["why"])
        case "examine":
            return str(data["findings"][0]["answer"])
        case "reason":
            return str((data["reasoning"].get("answer") or {}).get("text", ""))
        case "verify":
            return f"{len(data.get('checks') or ())} complaints"
        case _:
            return ""


def ask_reviewer(question: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the person at the terminal; None (the run waits) where there is none or they have nothing to say."""
    err.print(
        Panel(f"{escape(question['why'])}\nThe agent says: {question['verdict']}", title="review", style="yellow")
    )
    for claim in question.get("claims") or ():
        err.print(f"  {escape(claim)}")
    try:
        word = _read("verdict: [a]ccept, [n]ormal, [d]efect, or empty to leave it waiting: ")
        if word in ("", "later"):
            return None
        verdict = {"a": question["verdict"], "n": "normal", "d": "anomalous"}.get(word[:1])
        if verdict is None:
            err.print(f"{word!r} is none of them; the run waits.")
            return None
        if word[:1] == "a":
            return {"verdict": verdict, "accepted": True}
        kind = _read("type of the defect, or empty: ") if verdict == "anomalous" else ""
        note = _read("one sentence that holds for this kind of object, or empty: ")
    except EOFError:
        return None
    return {"verdict": verdict, "type": kind.lower(), "note": note}


def _read(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def show_verdict(verdict: Verdict) -> None:
    """The verdict's panel: what, how sure, each defect, the facts it cites, the answer, and where the report lies."""
    tone = _TONE[verdict.verdict]
    sure = (
        ""
        if verdict.probability is None
        else f"  probability {verdict.probability:.2f} ({_SOURCE[verdict.probability_source]})"
    )
    lines = [
        f"[bold {tone}]{verdict.verdict.upper()}[/]{sure}",
        "",
        f"[dim]{escape(verdict.question)}[/]",
        escape(verdict.answer),
    ]
    if verdict.doubt:
        lines += ["", f"[yellow]doubt:[/] {escape(verdict.doubt)}"]
    for defect in verdict.defects:
        lines += [
            "",
            f"[bold]{defect.region} {escape(defect.type)}[/] {list(defect.box)}  {defect.score:.2f}",
            f"   {escape(defect.claim)}",
        ]
    cited = {f for c in verdict.claims for f in c.facts}
    shown = [f for f in verdict.facts if f.id in cited]
    if shown:
        lines += ["", *(f"[dim]{f.id} ({f.source}) {escape(f.text)}[/]" for f in shown)]
    for check in verdict.checks:
        lines.append(f"[yellow]{check.severity}:[/] {escape(check.message)}")
    used = verdict.reference
    origin = f"golden image {used.chosen}" if used else "zero-shot: no golden image"
    lines += ["", f"[dim]{origin} · {verdict.object or 'unknown object'} · {escape(verdict.model)}[/]"]
    out.print(
        Panel("\n".join(lines), border_style=tone, title=escape((verdict.test and verdict.test.name) or "inspection")),
        highlight=False,
    )
    out.print(f"report: {verdict.run}/report.html", highlight=False, soft_wrap=True)


def show_comparison(found: ComparisonReport) -> None:
    """Score, registration, regions, and where the pictures lie."""
    r = found.registration
    p = "" if found.p_value is None else f"  p-value {found.p_value:.3f}"
    if not r.comparable:
        out.print(f"not compared: {escape(r.note)}", highlight=False)
        out.print("this says nothing about defects: give a golden image of the same object and view", highlight=False)
        if found.threshold is not None:
            out.print("flagged: what cannot be compared does not pass")
        _pictures(found)
        return
    line = f"difference {found.score:.3f}{p}  registration {r.method} (confidence {r.confidence:.2f}) {escape(r.note)}"
    out.print(line, highlight=False)
    if found.threshold is not None:
        out.print(
            f"{'flagged: above' if found.flagged else 'below'} the threshold {found.threshold:.4f}", highlight=False
        )
    rows = [{**x.model_dump(), "box": list(x.box), "change": x.told} for x in found.regions]
    show_table(rows, ("id", "box", "score", "change", "hint"))
    _pictures(found)


def _pictures(found: ComparisonReport) -> None:
    for name in ("heatmap", "overlay"):
        out.print(f"{name}: {getattr(found, name)}", highlight=False, soft_wrap=True)


def show_trace(trace: Trace) -> None:
    """Steps in order, then the verdict."""
    rows = [
        {
            "id": s.id, "node": f"{s.node} {s.subject}".strip(), "after": " ".join(s.parents), "ms": f"{s.ms:.0f}",
            "tokens": "/".join(str(s.tokens[k]) for k in ("input", "output")) if s.tokens else "",
            "claims": "; ".join(c.text for c in s.claims) or s.error,
        }
        for s in trace.steps
    ]  # fmt: skip
    show_table(rows, ("id", "node", "after", "ms", "tokens", "claims"))
    out.print(
        trace.verdict.verdict
        if trace.verdict
        else "no verdict: the run did not end" + ("" if trace.complete else " (cut off)")
    )


def show_rows(rows: list[dict[str, Any]], columns: Iterable[str], name: str, *, as_json: bool) -> None:
    """Rows as a table, or as a JSON object that holds them under `name`."""
    if as_json:
        print(json.dumps({name: rows}, indent=1, ensure_ascii=False))
    else:
        show_table(rows, columns)


def show_table(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> None:
    """Rows as a table; "nothing" where there are none."""
    rows, columns = list(rows), list(columns)
    if not rows:
        out.print("nothing")
        return
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in columns:
        # What a person copies into the next command is never cut.
        table.add_column(column, no_wrap=column in ("id", "key", "sha256"), overflow="fold")
    for row in rows:
        cells = [row.get(c, "") for c in columns]
        table.add_row(*(escape(f"{c:.3f}" if isinstance(c, float) else str(c)) for c in cells))
    # A pipe has no width: what reads it wants one line a row.
    (out if out.is_terminal else Console(width=100_000)).print(table, crop=False)
