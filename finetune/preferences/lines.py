"""The files of a build, written as it goes: a build that was killed goes on after the last whole case."""

from __future__ import annotations

import json
import os
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any

from ...errors import BadInput, RunFailed
from ..records import Example, Preference

VERSION = 1
_FILES = ("preferences.jsonl", "examples.jsonl")


class Lines:
    """Lines of preferences and examples, and which cases are done (`done.txt`).

    Args:
        out: folder; made if need be.
        options: what the build is made from; another build's folder is refused.

    Attributes:
        done: ids of cases whose lines are all there.

    Raises:
        BadInput: the folder holds a build of other options. RunFailed: it cannot be written.
    """

    def __init__(self, out: Path, options: dict[str, Any]) -> None:
        self.out, self._options = out, {"version": VERSION, **options}
        self.done: set[str] = set()
        self._open: dict[str, TextIOWrapper] = {}
        self._number: dict[str, int] = {}

    def __enter__(self) -> Lines:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self._resume()
            for name in (*_FILES, "done.txt"):
                self._open[name] = (self.out / name).open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise self._failed(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._open.values():
            file.close()
        if isinstance(error, OSError):
            raise self._failed(error) from None

    def next_id(self, case: str) -> str:
        """An id for the next line of a case."""
        self._number[case] = self._number.get(case, 0) + 1
        return f"{case}#{self._number[case]}"

    def preference(self, record: Preference) -> None:
        """Write a line of stage 2."""
        self._open["preferences.jsonl"].write(record.model_dump_json() + "\n")

    def example(self, record: Example) -> None:
        """Write a line of stage 1."""
        self._open["examples.jsonl"].write(record.model_dump_json() + "\n")

    def finish(self, case: str) -> None:
        """A case is complete: its lines are on disk before it counts as done."""
        for name in _FILES:
            self._open[name].flush()
        sizes = [self._open[name].tell() for name in _FILES]
        self._open["done.txt"].write(json.dumps([case, *sizes]) + "\n")
        self._open["done.txt"].flush()
        self.done.add(case)

    def close(self, built: dict[str, Any]) -> None:
        """Record what was built."""
        self._about({**self._options, "complete": True, "built": {k: v for k, v in built.items() if v is not None}})

    def _resume(self) -> None:
        about = self.out / "build.json"
        if about.exists():
            try:
                before = json.loads(about.read_text(encoding="utf-8"))
                differ = [k for k, v in self._options.items() if before.get(k) != v]
            except (ValueError, AttributeError):
                differ = ["build.json, which cannot be read"]
            if differ:
                raise BadInput(
                    str(self.out),
                    f"it holds a build that differs in {', '.join(differ)}",
                    "name another folder, or empty this one",
                )
        elif any((self.out / name).exists() for name in _FILES):
            raise BadInput(str(self.out), "it holds such files of another origin", "name another folder")
        self._about({**self._options, "complete": False})
        sizes = self._read_done()
        for name, size in zip(_FILES, sizes, strict=True):
            path = self.out / name
            path.touch()
            os.truncate(path, min(size, path.stat().st_size))  # what belongs to a case that was not finished

    def _read_done(self) -> tuple[int, int]:
        sizes = (0, 0)
        kept: list[str] = []
        path = self.out / "done.txt"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                case, first, second = json.loads(line)
            except ValueError:
                break  # the last line, cut off by a kill
            self.done.add(case)
            sizes = (first, second)
            kept.append(line)
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
        return sizes

    def _about(self, data: dict[str, Any]) -> None:
        path = self.out / "build.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        os.replace(fresh, path)

    def _failed(self, error: OSError) -> RunFailed:
        why = f"it cannot be written ({error.strerror or error})"
        return RunFailed(str(self.out), why, "free space or name another folder; the same command goes on")
