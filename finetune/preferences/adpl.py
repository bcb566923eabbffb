"""AD-PL files, the published form of preference data (method.md section 3): read, written, and turned into records.

An entry is `{pair_type, test_image, reference_image, question_answer: [{question_en, answer, answer_options:
[{answer_en}, ...]}]}`, options best first. Keys that are not known (`question_cn`, `answer_cn`) are kept as they came.
Ours add `object` to an entry, `facts` to a question, `score` and `provenance` to an option; published files have
ranks only, and records made from them are rank-only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...answers import parse_answer
from ...errors import BadInput, RunFailed
from ...prompts import ASSIST, BOOLEAN_SUFFIX, TYPE_GRAMMAR, reason_prompt
from ..records import Preference, RankedAnswer

PairType = Literal["standard comparison", "defect identification", "defect diagnosis"]
ANSWERS = 4
"""Ranked answers a published question has."""
_OBJECT = re.compile(r"^Object: (?P<name>.*)\.$", re.MULTILINE)
_FACT = re.compile(r"^\[F\d+\] (?P<text>.*)$", re.MULTILINE)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class Option(_Kept):
    """A ranked answer."""

    answer_en: str = Field(min_length=1)


class QuestionAnswer(_Kept):
    """A question, its right answer and its ranked answers, best first."""

    question_en: str = Field(min_length=1)
    answer: bool
    answer_options: tuple[Option, ...]


class Entry(_Kept):
    """A pair of images and the questions about it."""

    pair_type: PairType
    test_image: str = Field(min_length=1)
    reference_image: str | None = None
    question_answer: tuple[QuestionAnswer, ...] = Field(min_length=1)


def read_adpl(path: Path, *, answers: int | None = ANSWERS) -> list[Entry]:
    """The entries of an AD-PL file: a JSON list, or one entry a line.

    Args:
        answers: how many ranked answers every question must have; None takes any number from two.

    Raises:
        BadInput: no such file, not JSON, or an entry that does not fit; names the entry and the question.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        raise BadInput(str(path), "no such file", "give an AD-PL file") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "this is no UTF-8 text", "save it as UTF-8") from None
    return [_entry(raw, f"{path}: entry {number}", answers) for number, raw in enumerate(_raw(text, path))]


def _raw(text: str, path: Path) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except ValueError as first:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        found = []
        for number, line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                why = f"not JSON ({first})" if number == lines[0][0] else "this line is not JSON"
                raise BadInput(f"{path}:{number}", why, "give a JSON list, or one entry a line") from None
        return found


def _entry(raw: Any, where: str, answers: int | None) -> Entry:
    try:
        entry = Entry.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{where}, {'.'.join(map(str, first['loc']))}", first["msg"], "correct the entry") from None
    for number, question in enumerate(entry.question_answer):
        count = len(question.answer_options)
        if count != answers if answers else count < 2:
            wanted = answers or "two or more"
            raise BadInput(
                f"{where}, question {number}", f"{count} ranked answers instead of {wanted}", "add or drop answers"
            )
        texts = [" ".join(o.answer_en.split()) for o in question.answer_options]
        if len(set(texts)) < len(texts):
            raise BadInput(f"{where}, question {number}", "two ranked answers are the same", "drop one of them")
    return entry


def write_adpl(path: Path, entries: Iterable[Entry]) -> int:
    """Write entries as one JSON list, readable by the published checker's users; returns how many.

    Raises:
        RunFailed: the file cannot be written.
    """
    count = 0
    try:
        with path.open("w", encoding="utf-8") as out:
            out.write("[")
            for entry in entries:
                body = json.dumps(entry.model_dump(mode="json"), ensure_ascii=False, indent=1)
                out.write(f"{',' if count else ''}\n{body}")
                count += 1
            out.write("\n]\n")
    except OSError as error:
        raise RunFailed(
            str(path), f"it cannot be written ({error.strerror})", "free space or name another folder"
        ) from None
    return count


def to_preferences(entries: Iterable[Entry], *, images: str = "", object: str | None = None) -> Iterator[Preference]:
    """Records of AD-PL entries, in the prompts that the graph sends.

    Args:
        images: folder that the entries' images lie in, as the file of records will name it.
        object: name of what is shown, where an entry does not say (`object`).
    """
    for number, entry in enumerate(entries):
        group = f"{number:06d}:{entry.test_image}"
        names = [n for n in (entry.test_image, entry.reference_image) if n]
        paths = tuple(Path(images, n).as_posix() for n in names)
        told = str((entry.model_extra or {}).get("object") or object or "") or None
        for index, question in enumerate(entry.question_answer):
            facts = (question.model_extra or {}).get("facts") or []
            block = "".join(f"[F{i}] {text}\n" for i, text in enumerate(facts, 1)) + (f"{ASSIST}\n" if facts else "")
            yield Preference(
                id=f"{group}#{index}",
                images=paths,
                prompt=block + reason_prompt(question.question_en, object=told),
                group=group,
                level=entry.pair_type,
                answers=tuple(_answer(o) for o in question.answer_options),
            )


def _answer(option: Option) -> RankedAnswer:
    extra = option.model_extra or {}
    return RankedAnswer(text=option.answer_en, score=extra.get("score"), provenance=str(extra.get("provenance", "")))


def from_preferences(records: Iterable[Preference]) -> Iterator[Entry]:
    """Entries of records: those that follow each other with one group and level are one entry.

    Raises:
        BadInput: a record without a level of AD-PL, or whose best answer says neither True nor False.
    """
    for (_, level), group in groupby(records, key=lambda r: (r.group, r.level)):
        members = list(group)
        first = members[0]
        object = _OBJECT.search(first.prompt)
        raw = {
            "pair_type": level,
            "test_image": first.images[0] if first.images else "",
            "reference_image": first.images[1] if len(first.images) > 1 else None,
            "object": object.group("name") if object else "",
            "question_answer": [_question(record) for record in members],
        }
        yield _entry(raw, f"record {first.id}", None)


def _question(record: Preference) -> dict[str, Any]:
    value = parse_answer(record.answers[0].text).value
    if value is None:
        raise BadInput(f"record {record.id}", "its best answer says neither True nor False", "correct the answer")
    options = []
    for answer in record.answers:
        extra: dict[str, Any] = {"score": answer.score, "provenance": answer.provenance or None}
        options.append({"answer_en": answer.text} | {k: v for k, v in extra.items() if v is not None})
    facts = [m.group("text") for m in _FACT.finditer(record.prompt)]
    return {"question_en": question_of(record.prompt), "answer": value, "facts": facts, "answer_options": options}


def question_of(prompt: str) -> str:
    """The question at the end of a prompt, without what prompts.py puts after it."""
    line = prompt.rstrip().splitlines()[-1]
    return line.removesuffix(TYPE_GRAMMAR).rstrip().removesuffix(BOOLEAN_SUFFIX).rstrip()
