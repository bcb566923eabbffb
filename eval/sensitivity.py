"""Does a scorer measure? It reads correct traces and their mutants; what it says of both is compared, row by row.

*Fallen*: a metric that was scored is lower by more than `RESOLUTION`. Localization and heat are continuous in the box:
what moving one box by 3 % of its side can make (.03) is no fall of theirs; of any other metric everything is.

*Detected*: it tells more errors than of the correct trace, or a metric that must fall has fallen. A scorer that gives
none of our metrics is taken by its own: any of them may fall.

*Located*: the first error it names lies at the step where the mutant's lies. *Drift*: a metric that must not fall has
fallen or is unscored now. *Alarm*: a neutral edit is "detected", or any metric fell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadInput, RunFailed
from ..schema import Noun, Trace
from .labels import Labels
from .mutants import EVERYTHING, Mutant, mutants_of
from .reading import Reading, Scorer

RESOLUTION: Mapping[str, float] = {"localization": 0.03, "heat": 0.03}
_EXACT = 1e-9
ROWS, SETTINGS = "rows.jsonl", "run.json"


class Row(Noun):
    """What one scorer made of one mutant.

    Attributes:
        trace: name of the correct trace; scorer; family, variant, strength: of the mutant.
        neutral: no fault was planted.
        detected, located, drift: see the module; `drift` names the metrics. For a neutral edit `detected` is the alarm.
        clean: it told no error of the correct trace.
        before, after: localization of the correct trace and of the mutant.
    """

    trace: str
    scorer: str
    family: str
    variant: str
    strength: float | None = None
    neutral: bool = False
    detected: bool
    located: bool
    drift: tuple[str, ...] = ()
    clean: bool = True
    before: float | None = None
    after: float | None = None


def compare_readings(name: str, scorer: str, mutant: Mutant, before: Reading, after: Reading) -> Row:
    """One row: what a scorer said of a mutant beside what it said of the correct trace."""
    known = bool(set(before.metrics) & set(EVERYTHING))
    must = set(mutant.falls) if known and mutant.falls else set(before.metrics)
    fell = {m for m in before.metrics if fallen(m, before, after)}
    return Row(
        trace=name, scorer=scorer, family=mutant.family, variant=mutant.variant, strength=mutant.strength,
        neutral=not mutant.falls,
        detected=after.errors > before.errors or bool(fell & must),
        located=bool(mutant.step) and after.first_error == mutant.step,
        drift=tuple(m for m in mutant.holds if m in fell or _lost(m, before, after)),
        clean=not before.errors,
        before=before.metrics.get("localization"), after=after.metrics.get("localization"),
    )  # fmt: skip


def fallen(metric: str, before: Reading, after: Reading) -> bool:
    """Whether a metric that was scored, and still is, is lower now."""
    was, now = before.metrics.get(metric), after.metrics.get(metric)
    return was is not None and now is not None and was - now > RESOLUTION.get(metric, _EXACT)


def _lost(metric: str, before: Reading, after: Reading) -> bool:
    return before.metrics.get(metric) is not None and after.metrics.get(metric) is None


class SensitivityRun:
    """A folder of rows, gone on with after a kill: all rows of a trace stand in one line.

    Args:
        settings: what rows depend on; another run's in the same folder must be the same.

    Raises:
        BadInput: the folder's rows were made with other settings. RunFailed: it cannot be used.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.done: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            known = folder / SETTINGS
            if known.exists() and json.loads(known.read_text()) != settings:
                raise BadInput(str(folder), "its rows were made with another scorer, labels or seed", "name another")
            known.write_text(json.dumps(settings, indent=1))
            self._continue()
        except (OSError, ValueError, KeyError) as error:
            raise RunFailed(str(folder), f"it cannot be used ({error})", "name another folder with --out") from None

    def _continue(self) -> None:
        path, whole = self.folder / ROWS, 0
        if not path.exists():
            return
        with path.open("r+b") as file:
            for raw in file:
                if not raw.endswith(b"\n"):
                    break  # a kill cut it off
                self.done.add(json.loads(raw)["trace"])
                whole += len(raw)
            file.truncate(whole)

    def measure(
        self,
        cases: Iterable[tuple[str, Trace, Labels | None]],
        scorers: Mapping[str, Scorer],
        *,
        seed: int = 0,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        """Mutate every trace that has no rows yet, have all scorers read it and its mutants, and write the rows.

        Args:
            cases: name, correct trace and what is true of it; names are unique.
            moved: called after each trace.

        Raises:
            BadInput, RunFailed: from a scorer; what was measured before stays.
        """
        with (self.folder / ROWS).open("a", encoding="utf-8") as file:
            for name, trace, labels in cases:
                if name not in self.done:
                    self.done.add(name)
                    rows = rows_of(name, trace, labels, scorers, seed=seed)
                    told = [r.model_dump(mode="json", exclude_defaults=True) for r in rows]
                    file.write(json.dumps({"trace": name, "rows": told}) + "\n")
                    file.flush()
                moved()

    def rows(self) -> Iterator[Row]:
        """Every row in the folder."""
        with (self.folder / ROWS).open(encoding="utf-8") as file:
            for raw in file:
                yield from map(Row.model_validate, json.loads(raw)["rows"])


def rows_of(
    name: str, trace: Trace, labels: Labels | None, scorers: Mapping[str, Scorer], *, seed: int = 0
) -> Iterator[Row]:
    """What each scorer makes of every mutant of one trace."""
    mutants = list(mutants_of(trace, labels, seed=seed))
    for scorer, read in scorers.items():
        before, *after = read([(trace, labels), *((m.trace, labels) for m in mutants)])
        for mutant, reading in zip(mutants, after, strict=True):
            yield compare_readings(name, scorer, mutant, before, reading)
