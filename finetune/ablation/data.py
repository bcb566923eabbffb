"""Training data of the ablation: the recipe's records with and without facts, and as many pairs for every stage 2."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from ...errors import BadInput
from ...prompts import ASSIST
from ..edpo.questions import to_question
from ..recipe import Edpo, Recipe
from ..records import Example, Preference, RankedAnswer, Record, read_records

_FACT = re.compile(r"^\[F\d+\] [^\r\n]*\n?", re.MULTILINE)
_CITED = re.compile(r"\s*\[F\d+\]")
R = TypeVar("R", Example, Preference)


@dataclass(frozen=True)
class TrainingFiles:
    """The files of all runs.

    Attributes:
        folder: where they lie.
        records: of stage 1; questions: of stage 2 with far and near pairs, twice as many with far pairs.
        pairs: preference pairs in either, the same number.
        images: every image that some run trains on.
    """

    folder: Path
    records: int
    questions: int
    pairs: int
    images: tuple[Path, ...]

    def examples(self, facts: bool) -> Path:
        """The file of stage 1."""
        return self.folder / f"examples-{'facts' if facts else 'plain'}.jsonl"

    def preferences(self, facts: bool, pairs: str) -> Path:
        """The file of stage 2."""
        return self.folder / f"{pairs.replace('+', '-')}-{'facts' if facts else 'plain'}.jsonl"


def write_training(recipe: Recipe, out: Path) -> TrainingFiles:
    """Write the files of all runs into `out`; the same recipe and records give the same files.

    Stage 2 takes questions that have a far pair *and* a near one, so that far pairs of 2 n questions are exactly as
    many as far and near pairs of n, which are the first half of the same questions.

    Raises:
        BadInput: a line that does not fit, or fewer than two questions with both pairs.
    """
    assert recipe.sft is not None
    assert recipe.edpo is not None
    out.mkdir(parents=True, exist_ok=True)
    examples = _gather(recipe.sft.train, Example, out)
    chosen = _choose(_gather(recipe.edpo.train, Preference, out), recipe.edpo, out)
    files = TrainingFiles(
        out,
        len(examples),
        len(chosen) // 2,
        len(chosen),
        tuple(dict.fromkeys((out / image).resolve() for record in (*examples, *chosen) for image in record.images)),
    )
    _write(files.examples(True), examples)
    _write(files.examples(False), [plain_example(record) for record in examples])
    _write(files.preferences(True, "far"), chosen)
    _write(files.preferences(True, "far+near"), chosen[: files.questions])
    _write(files.preferences(False, "far"), [p for record in chosen if (p := plain_preference(record))])
    return files


def without_facts(prompt: str) -> str:
    """A prompt as `prompts.py` writes it where nothing was recalled."""
    return _FACT.sub("", prompt).replace(f"{ASSIST}\n", "")


def plain_example(record: Example) -> Example:
    """The record without facts, and without citations of them."""
    answer = _CITED.sub("", record.answer)
    return record.model_copy(update={"prompt": without_facts(record.prompt), "answer": answer})


def plain_preference(record: Preference) -> Preference | None:
    """As `plain_example`; None where answers that differed in their citations only leave nothing to prefer."""
    kept: dict[str, RankedAnswer] = {}
    for answer in record.answers:
        text = _CITED.sub("", answer.text)
        kept.setdefault(text, answer.model_copy(update={"text": text}))
    if len(kept) < 2:
        return None
    return record.model_copy(update={"prompt": without_facts(record.prompt), "answers": tuple(kept.values())})


def _gather(paths: Sequence[Path], kind: type[R], out: Path) -> list[R]:
    """The records of all files, with ids that differ between files and images relative to `out`."""
    found = []
    for number, path in enumerate(paths):
        for record in read_records(path, kind):
            images = tuple(_relative(path.parent / image, out) for image in record.images)
            found.append(record.model_copy(update={"id": f"{number}/{record.id}", "images": images}))
    return found


def _choose(records: list[Preference], edpo: Edpo, out: Path) -> list[Preference]:
    fit = []
    for record in records:
        plain = plain_preference(record)
        full = to_question(record, out, reading=edpo.selection, tau=edpo.tau, pairs="far+near")
        far = plain and to_question(plain, out, reading=edpo.selection, tau=edpo.tau, pairs="far")
        if full is not None and far and len(full.pairs) == 2:
            fit.append(record)
    wanted = 2 * edpo.steps * edpo.batch * edpo.accumulate if edpo.steps else len(fit)
    count = min(wanted, len(fit)) // 2 * 2
    if not count:
        why = f"of {len(records)} questions {len(fit)} have a far and a near pair, and two are needed"
        raise BadInput("edpo.train", why, "give questions with four ranked answers")
    order = np.random.default_rng(5).permutation(len(fit))
    return [fit[i] for i in order[:count]]


def _relative(path: Path, out: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _write(path: Path, records: Sequence[Record]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text("".join(record.model_dump_json() + "\n" for record in records), encoding="utf-8")
    fresh.replace(path)
