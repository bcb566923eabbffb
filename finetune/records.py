"""The lines of training files: one question with its answer (stage 1), or with ranked answers (stage 2).

JSONL, one object a line; image paths are relative to the file. Prompts hold facts as lines that begin with `[F1]`, as
`prompts.facts_block` writes them; a model with SFE fusion wraps those lines itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import BadInput


class Record(BaseModel):
    """What both kinds of lines share; unknown keys are refused.

    Attributes:
        id: unique within the file.
        images: test image, then the reference where there is one.
        prompt: the text after the images.
        group: what belongs together when Acc-G is computed and intervals are clustered, e.g. the image pair.
        level: AD-PL's level, or "".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    images: tuple[str, ...] = ()
    prompt: str = Field(min_length=1)
    group: str = ""
    level: str = ""


class Example(Record):
    """A line of stage 1: `answer` is what the model shall say."""

    answer: str = Field(min_length=1)


class RankedAnswer(BaseModel):
    """One candidate: its text, its MLE score 1..5 (None: ranked only) and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)
    score: float | None = Field(default=None, ge=1, le=5)
    provenance: str = ""


class Preference(Record):
    """A line of stage 2: `answers` best first, all with scores or none (rank-only)."""

    answers: tuple[RankedAnswer, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _scores(self) -> Preference:
        scores = [a.score for a in self.answers]
        known = [s for s in scores if s is not None]
        if known and len(known) < len(scores):
            raise ValueError("some answers have a score and some have none")
        if known != sorted(known, reverse=True):
            raise ValueError("scores rise along the ranks: put the best answer first")
        return self


R = TypeVar("R", bound=Record)


def read_records(path: Path, kind: type[R]) -> Iterator[R]:
    """The lines of `path` as `kind`, checked one by one; images are not opened, but must be files.

    Raises:
        BadInput: no such file, a line that is no JSON or does not fit, an image that is not there; names the line.
    """
    if not path.is_file():
        raise BadInput(str(path), "no such file", "give a .jsonl file of records")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = kind.model_validate(json.loads(line))
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "the line"
                raise BadInput(f"{path}:{number}", f"{where}: {first['msg']}", "correct the line") from None
            except ValueError as error:
                raise BadInput(f"{path}:{number}", f"not JSON ({error})", "one JSON object a line") from None
            for image in record.images:
                if not (path.parent / image).is_file():
                    raise BadInput(
                        f"{path}:{number}", f"image {image} is not there", "correct the path or drop the line"
                    )
            yield record
