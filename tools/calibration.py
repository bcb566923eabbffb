"""Thresholds kept by object and version: one readable JSON file, `thresholds.json`, beside the golden library's folder.

A new calibration of an object is a new version; older ones stay, so that a verdict of last month can be explained.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadInput, RunFailed

FILE = "thresholds.json"
_LOCK_SECONDS = 30.0


class Calibration(BaseModel):
    """What one set of golden images says about scores of an object.

    Attributes:
        object: its name; version: 1 for the first calibration of it, then 2, ...; 0 before it is stored.
        threshold: an image is flagged where `score > threshold`, 0..1.
        rule: how it came about; rate: the false-alarm rate it aims at.
        scores: leave-one-out scores of the golden images, 0..1.
        goldens: sha256 of these images, in the same order.
        note: for people, e.g. the costs that were given; made: UTC, ISO 8601.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    object: str = Field(min_length=1)
    version: int = Field(default=0, ge=0)
    threshold: float = Field(ge=0, le=1)
    rule: Literal["robust", "conformal"]
    rate: float = Field(gt=0, lt=1)
    scores: tuple[float, ...]
    goldens: tuple[str, ...] = ()
    note: str = ""
    made: str = ""


class CalibrationFile:
    """The calibrations in a JSON file; safe to share between processes: writes take a lock and replace the file."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def list(self, object: str | None = None) -> tuple[Calibration, ...]:
        """All calibrations, or those of one object, by version.

        Raises:
            BadInput: the file is no list of calibrations.
        """
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            found = [Calibration.model_validate(row) for row in rows]
        except FileNotFoundError:
            return ()
        except (ValueError, TypeError, ValidationError) as error:
            why = f"it is no list of calibrations ({str(error).splitlines()[0]})"
            raise BadInput(str(self.path), why, "mend it or move it away") from None
        except OSError as error:
            raise RunFailed(str(self.path), f"it cannot be read ({error.strerror})", "check the folder") from None
        return tuple(c for c in found if object is None or c.object == object)

    def get(self, object: str, version: int | None = None) -> Calibration:
        """A calibration of an object: the latest, or the given version.

        Raises:
            BadInput: there is none.
        """
        found = [c for c in self.list(object) if version is None or c.version == version]
        if not found:
            what = f"'{object}'" if version is None else f"'{object}' version {version}"
            remedy = f"sage-inspect golden calibrate {object}"
            raise BadInput(what, "no threshold is stored for it", remedy)
        return max(found, key=lambda c: c.version)

    def add(self, calibration: Calibration) -> Calibration:
        """Store it as the object's next version and return it with version and date.

        Raises:
            RunFailed: the file cannot be written, or another process has held it for half a minute.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS):
                there = self.list()
                last = max((c.version for c in there if c.object == calibration.object), default=0)
                made = datetime.now(UTC).isoformat(timespec="seconds")
                stored = calibration.model_copy(update={"version": last + 1, "made": made})
                rows = [c.model_dump(mode="json") for c in (*there, stored)]
                partial = self.path.with_suffix(".partial")
                partial.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
                os.replace(partial, self.path)
        except Timeout:
            raise RunFailed(str(self.path), "another process holds it", "try again") from None
        except OSError as error:
            raise RunFailed(str(self.path), f"it cannot be written ({error.strerror})", "check the folder") from None
        return stored
