"""Scoring many traces into a folder: `scores.jsonl` as they come, gone on with after a kill, nothing scored twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import BadInput, RunFailed
from ..images import ImageStore
from .label_file import LabelFile
from .read_traces import Read
from .score_trace import Judge, score_trace
from .scores import TraceScore
from .trace_cases import case_of, image_of

SCORES, SETTINGS = "scores.jsonl", "run.json"


class PlacedScore(TraceScore):
    """A trace's score with the file and line where the trace lies, and what it is about (eval/trace_cases.py).

    Attributes:
        case: by which `eval compare` pairs two agents' traces; cluster: the image, by which intervals are clustered.
    """

    path: str
    line: int
    case: str = ""
    cluster: str = ""


class ScoreRun:
    """A folder of scores.

    Args:
        folder: made where it does not exist; one with scores is gone on with.
        settings: JSON-plain; what the scores depend on. Another run's must be the same.

    Attributes:
        before: traces that an earlier run had scored.

    Raises:
        BadInput: the folder holds scores that were made with other settings. RunFailed: it cannot be written.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.before = 0
        self._last: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            known = folder / SETTINGS
            if known.exists() and json.loads(known.read_text()) != settings:
                what = "it holds scores that were made with other labels, masks, judge or format"
                raise BadInput(str(folder), what, "name another folder with --out")
            known.write_text(json.dumps(settings, indent=1))
            self._continue()
        except (OSError, ValueError) as error:
            raise RunFailed(str(folder), f"it cannot be used ({error})", "name another folder with --out") from None

    def _continue(self) -> None:
        """What is scored already, by file the last line of it; a line that a kill cut off is taken away."""
        whole = 0
        if not (self.folder / SCORES).exists():
            return
        with (self.folder / SCORES).open("r+b") as file:
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                row = json.loads(raw)
                self._last[row["path"]] = max(self._last.get(row["path"], 0), row["line"])
                self.before += 1
                whole += len(raw)
            file.truncate(whole)

    def scored(self, path: str, line: int) -> bool:
        """Whether the trace at this place has a score (a file's traces are scored in order)."""
        return line <= self._last.get(path, 0)

    def score(
        self,
        reads: Iterable[Read],
        *,
        labels: LabelFile | None = None,
        judge: Judge | None = None,
        images: ImageStore | None = None,
        complain: Callable[[str], None],
    ) -> Iterator[PlacedScore]:
        """Score what is read and write it, a line each; a trace that cannot be scored is told, and the rest goes on.

        Raises:
            RunFailed: the folder cannot be written.
        """
        try:
            with (self.folder / SCORES).open("a", encoding="utf-8") as file:
                for read in reads:
                    row = _placed(read, labels, judge, images, complain)
                    if row is not None:
                        file.write(row.model_dump_json(exclude_defaults=True) + "\n")
                        file.flush()
                        yield row
        except OSError as error:
            why = f"the scores cannot be written ({error.strerror or error})"
            raise RunFailed(str(self.folder), why, "free space and run the same command again") from None

    def rows(self) -> Iterator[PlacedScore]:
        """Every score in the folder, one at a time."""
        with (self.folder / SCORES).open("rb") as file:
            for raw in file:
                yield PlacedScore.model_validate_json(raw)


def _placed(
    read: Read,
    labels: LabelFile | None,
    judge: Judge | None,
    images: ImageStore | None,
    complain: Callable[[str], None],
) -> PlacedScore | None:
    try:
        score = score_trace(
            read.trace, labels=labels.truth(read) if labels is not None else read.labels, judge=judge, images=images
        )
    except BadInput as error:
        complain(f"{read.path}:{read.line}: {error}")
        return None
    fields = {name: getattr(score, name) for name in TraceScore.model_fields}
    case, cluster = case_of(read.trace), image_of(read.trace)
    return PlacedScore.model_construct(path=read.path, line=read.line, case=case, cluster=cluster, **fields)
