"""One run in one folder: request, checkpoints, trace, and at the end verdict, overlay and report.

Everything is written as it happens, so a run that was killed goes on from its last node (`Run.open`).
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langgraph.types import Command

from ..errors import BadInput, RunFailed, SageInspectError
from ..schema import Verdict
from ..settings import Settings, get_settings
from .checkpoints import open_checkpoints
from .graph import build_inspection_graph
from .nodes.review import read_correction
from .policy import Policy
from .report import write_report
from .stores import Stores
from .trace import TraceRecorder

EventKind = Literal["start", "end", "review", "verdict"]
THREAD = "inspection"
"""LangGraph's thread in a run's checkpoints; the same in every run, so that a folder can be moved and copied."""


@dataclass(frozen=True)
class Event:
    """What happened in a run, as it happens.

    Attributes:
        kind: a node `start`s or `end`s, a person is asked (`review`), or the `verdict` is there.
        node: the node's name; subject: the region of a region branch.
        ms: wall time of a node that ended, milliseconds.
        data: what the node returned, the review's question, or the verdict as JSON.
    """

    kind: EventKind
    node: str = ""
    subject: str = ""
    ms: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)


class Run:
    """A run folder and the graph that works in it.

    Attributes:
        folder: the run's folder, absolute; id: its name; request: what was asked, JSON-plain, images by digest.
        verdict: the last verdict, None until there is one.
    """

    def __init__(
        self, folder: Path, request: dict[str, Any], model: BaseChatModel, stores: Stores, policy: Policy
    ) -> None:
        self.folder, self.request = folder.resolve(), request
        self.id = self.folder.name
        self.verdict: Verdict | None = None
        self._stores = stores
        self._graph = build_inspection_graph(model, stores=stores, policy=policy)
        self._config: dict[str, Any] = {"configurable": {"thread_id": THREAD}}

    @classmethod
    def create(
        cls, request: dict[str, Any], model: BaseChatModel, stores: Stores, policy: Policy, folder: Path | None = None
    ) -> Run:
        """A new run in `folder` (made; must hold no other run), or in a fresh one under the settings' runs folder.

        Raises:
            BadInput: the folder holds a run already. RunFailed: it cannot be written.
        """
        if folder is None:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            folder = get_settings().runs_dir / f"{stamp}-{secrets.token_hex(3)}"
        folder = Path(folder)
        if (folder / "request.json").exists():
            raise BadInput(str(folder), "it holds a run already", "resume it with --resume, or name another folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write_whole(folder / "request.json", json.dumps(request, indent=1))
        except OSError as error:
            raise _not_written(folder, error) from None
        return cls(folder, request, model, stores, policy)

    def stream(self, question: str | None = None) -> Iterator[Event]:
        """Run (or go on after a kill), event by event; with `question`, ask on in a run that has its verdict.

        A run that stopped on its way to another question's answer leaves that one and answers `question`.

        The last event is `verdict`, or `review` where a person has to answer first (`resume`).

        Raises:
            BadInput, RunFailed: as the nodes say, one line each.
        """
        with open_checkpoints(self.folder / "checkpoints.sqlite") as saver:
            app = self._graph.compile(checkpointer=saver)
            known = app.get_state(self._config)  # type: ignore[arg-type]
            if known.interrupts:
                yield Event("review", "review", data=dict(known.interrupts[0].value))
                return
            if not known.values:
                start: Any = {k: self.request[k] for k in ("test", "references", "question", "object", "review")}
                start["question"] = question or start["question"]
            elif known.next and question in (None, known.values.get("question")):
                start = None
            elif question is not None:
                start = {"question": question}
            else:
                yield self._finished(known.values)
                return
            yield from self._drive(app, start)

    def resume(self, answer: dict[str, Any]) -> Iterator[Event]:
        """Go on after a `review` event with the reviewer's answer (see `nodes.review.Correction`).

        Raises:
            BadInput: it is not one; the run still waits.
        """
        read_correction(answer)
        with open_checkpoints(self.folder / "checkpoints.sqlite") as saver:
            yield from self._drive(self._graph.compile(checkpointer=saver), Command(resume=answer))

    def _recorder(self) -> TraceRecorder:
        return TraceRecorder(self.folder / "trace.jsonl", run=self.id, request=self.request)

    def _drive(self, app: Any, start: Any) -> Iterator[Event]:
        recorder = self._recorder()
        config = {**self._config, "callbacks": [recorder.tokens]}
        try:
            for event in app.stream(start, config, stream_mode="tasks", durability="sync"):
                step = recorder.on_event(event)
                subject = ((event.get("input") or {}).get("region") or {}).get("id", "")
                if step is not None:
                    yield Event("end", step.node, step.subject, step.ms, step.output)
                elif event.get("interrupts"):
                    yield Event("review", event["name"], data=event["interrupts"][0]["value"])
                    return
                else:
                    yield Event("start", event["name"], subject)
        except OSError as error:
            raise _not_written(self.folder, error) from None
        yield self._finish(app.get_state(self._config).values, recorder)

    def _finished(self, state: dict[str, Any]) -> Event:
        """A run whose graph ended: its verdict as written, or written now where a kill came between."""
        recorder = self._recorder()
        written = _read_verdict(self.folder / "verdict.json")
        if not recorder.ended or written is None or written.question != state["question"]:
            return self._finish(state, recorder)
        # The folder may have been moved since.
        self.verdict = written.model_copy(update={"run": str(self.folder)})
        return Event("verdict", data=self.verdict.model_dump(mode="json"))

    def _finish(self, state: dict[str, Any], recorder: TraceRecorder) -> Event:
        """Report, `verdict.json`, then the trace's line: while that one is missing, all three are written anew."""
        verdict = Verdict.model_validate({**state["verdict"], "timings_ms": recorder.timings, "run": str(self.folder)})
        began = time.perf_counter()
        try:
            write_report(self.folder, verdict, state, self._stores.images)
            timings = {**recorder.timings, "report": round((time.perf_counter() - began) * 1000, 2)}
            verdict = verdict.model_copy(update={"timings_ms": timings})
            _write_whole(self.folder / "verdict.json", verdict.model_dump_json(indent=1))
        except OSError as error:
            raise _not_written(self.folder, error) from None
        if not recorder.ended:
            recorder.verdict(verdict)
        self.verdict = verdict
        return Event("verdict", data=verdict.model_dump(mode="json"))


def find_run(run: str | Path, settings: Settings | None = None) -> Path:
    """The folder of an earlier run, named by folder, by a file in it, or by its id under the settings' runs folder.

    Raises:
        BadInput: no such run.
    """
    settings = settings or get_settings()
    named = Path(run)
    # Only a file's folder: the parent of a mistyped id is the folder one happens to stand in.
    for folder in (named, *([named.parent] if named.is_file() else []), settings.runs_dir / named):
        if (folder / "request.json").exists():
            return folder
    raise BadInput(f"run {run}", "no such run", f"name a run folder, or an id under {settings.runs_dir}")


def read_request(run: str | Path, settings: Settings | None = None) -> tuple[Path, dict[str, Any]]:
    """The folder and the request of an earlier run (see `find_run`).

    Raises:
        BadInput: no such run, or its request is damaged.
    """
    folder = find_run(run, settings)
    try:
        return folder, json.loads((folder / "request.json").read_text())
    except ValueError:
        raise BadInput(str(folder), "its request.json is damaged", "inspect again") from None


def _read_verdict(path: Path) -> Verdict | None:
    """The verdict in a file, None where there is none or it is damaged."""
    try:
        return Verdict.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_whole(path: Path, text: str) -> None:
    """Write beside and rename: the file is there whole or not at all, on a full disk and after a kill too."""
    part = path.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _not_written(folder: Path, error: OSError) -> SageInspectError:
    return RunFailed(
        str(folder), f"the run cannot be written ({error.strerror or error})", "free space or name another --out"
    )
