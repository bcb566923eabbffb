"""MMAD's multiple-choice score, three numbers: strict, as the public scorer counts, and how often reading fails.

Score: accuracy by data set and type of question; for Anomaly Detection the mean of the accuracies on normal and on
anomalous images (both are needed); averaged over types, then over data sets (MMAD, arXiv 2410.09453).

*Strict*: an answer counts only where it says one option plainly (`B`, `(B)`, `B. A scratch`, `... Answer: B.`, or an
option's whole text); anything else is a failure and wrong. What was not asked is None and out of every mean.

*Compatible* does what the public scorer does (jam-cc/MMAD, evaluation/examples/helper/summary.py and the queries), so that
published figures can be compared: the last lone letter A to E wins (`B. A scratch` is read as A); an answer without one
is dropped, and the answer after it is skipped; a type, or a side of detection, that a set lacks counts 0; an image is normal where its
path contains `good` anywhere.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import BadInput
from ..datasets.case import GOOD
from .prediction import Prediction
from .question_files import tails

DETECTION = "Anomaly Detection"
_MERGED = {"Object Structure": "Object Analysis", "Object Details": "Object Analysis"}
_LONE = re.compile(r"\b([A-E])\b")
_PLAIN = re.compile(r"^\W*(?:(?:the )?(?:correct )?(?:answer|option)(?: is)?\s*:?\s*)?\(?([A-Z])\)?\s*[.):]?\s*$", re.I)
_HEAD = re.compile(r"^\(?([A-Z])(?:\)|[.:])\s+(?P<text>\S.*)$", re.DOTALL)
_END = re.compile(r"\banswer(?: is)?\s*:?\s*\(?([A-Z])\)?\s*\.?\s*$", re.IGNORECASE)


class Choice(NamedTuple):
    """One multiple-choice question and what was answered.

    Attributes:
        image: its key in MMAD's file, `<data set>/<category>/.../000.png`; kind: the type of question.
        options: letter -> text; correct: the right letter; answer: the model's words.
    """

    image: str
    kind: str
    options: Mapping[str, str]
    correct: str
    answer: str


Table = dict[str, dict[str, float]]
"""Data set -> type of question -> accuracy."""


class MMADScore(NamedTuple):
    """The three numbers, each 0..1, and the tables that the first two rest on.

    Attributes:
        strict, compatible: averages as in the module's text; None where nothing was asked.
        failures: share of answers that say no option plainly.
        answers: how many; skipped: how many the public way of counting leaves out.
    """

    strict: float | None
    compatible: float | None
    failures: float
    answers: int
    skipped: int
    strict_table: Table
    compatible_table: Table


def choices(data: Mapping[str, Any], predictions: Iterable[Prediction], where: str) -> list[Choice]:
    """MMAD's questions with their answers, in the order of the file (the public way of counting depends on it).

    A question without a prediction is answered "".

    Raises:
        BadInput: a question lacks its options or answer; not one prediction belongs to a question.
    """
    told: dict[tuple[str, str], str] = {}
    for prediction in predictions:
        for name in tails(prediction.image):
            if name in data:
                told[name, _line(prediction.question)] = prediction.answer
                break
    found, matched = [], 0
    for image, about in data.items():
        for number, asked in enumerate(about.get("conversation") or ()):
            try:
                question, correct, options = asked["Question"], asked["Answer"], dict(asked["Options"])
                kind = _MERGED.get(asked["type"], asked["type"])
            except (KeyError, TypeError, ValueError):
                raise BadInput(f"{where}: {image}, question {number}", "it is not MMAD's form", "see MMAD") from None
            answer = told.get((image, _line(question)))
            matched += answer is not None
            found.append(Choice(image, kind, options, correct, answer or ""))
    if not matched:
        raise BadInput(where, "no prediction has the image and the words of one of its questions", "name both")
    return found


def score_mmad(answered: Sequence[Choice]) -> MMADScore:
    """The three numbers of a set of answers, in the order of MMAD's file."""
    read = [read_choice(c.answer, c.options) for c in answered]
    rows = [(c, r == c.correct, is_normal(c.image)) for c, r in zip(answered, read, strict=True)]
    strict = _tables(rows, missing=None)
    kept, skipped = _publicly_kept(answered)
    compatible = _tables(((c, right, "good" in c.image) for c, right in kept), missing=0.0)
    kinds, sets = dict.fromkeys(c.kind for c in answered), dict.fromkeys(_set(c) for c in answered)
    compatible = {s: {k: compatible.get(s, {}).get(k, 0.0) for k in kinds} for s in sets}
    return MMADScore(
        _average(strict), _average(compatible), read.count(None) / len(read) if read else 0.0,
        len(read), skipped, strict, compatible,
    )  # fmt: skip


def read_choice(answer: str, options: Mapping[str, str]) -> str | None:
    """The letter that an answer says plainly; None where it says none, several, or one with another option's text."""
    words = answer.strip()
    texts = {letter: _line(text).rstrip(".") for letter, text in options.items()}
    whole = [letter for letter, text in texts.items() if text == _line(words).rstrip(".")]
    if len(whole) == 1:
        return whole[0]
    for pattern in (_PLAIN, _HEAD, _END):
        if match := pattern.search(words):
            letter = match[1].upper()
            text = _line(match.groupdict().get("text") or "").rstrip(".")
            other = text != texts.get(letter) and text in texts.values()
            return letter if letter in options and not other else None
    return None


def is_normal(image: str) -> bool:
    """Whether an image's path says that it is normal: a folder below data set and category called `good`."""
    return any(part.lower() in GOOD for part in image.split("/")[2:-1])


def _publicly_kept(answered: Sequence[Choice]) -> tuple[list[tuple[Choice, bool]], int]:
    """What the public scorer counts, with whether it is right; it removes from the list that it walks over."""
    kept: list[tuple[Choice, bool]] = []
    skip = False
    for choice in answered:
        if skip:
            skip = False
            continue
        letters = _LONE.findall(choice.answer)
        if not letters or choice.correct not in "ABCDE":
            skip = True
            continue
        kept.append((choice, letters[-1] == choice.correct))
    return kept, len(answered) - len(kept)


def _tables(rows: Iterable[tuple[Choice, bool, bool]], *, missing: float | None) -> Table:
    """Accuracy by set and type; detection is balanced, and a side of it that was not asked counts as `missing`."""
    cells: dict[tuple[str, str], dict[bool, list[float]]] = {}
    for choice, right, normal in rows:
        side = normal and choice.kind == DETECTION
        cells.setdefault((_set(choice), choice.kind), {}).setdefault(side, []).append(float(right))
    table: Table = {}
    for (name, kind), sides in cells.items():
        means = [_mean(values) for values in sides.values()]
        if kind == DETECTION and len(means) == 1:
            if missing is None:
                continue  # balanced accuracy needs both sides
            means.append(missing)
        table.setdefault(name, {})[kind] = _mean(means)
    return table


def _average(table: Table) -> float | None:
    return _mean([_mean(list(kinds.values())) for kinds in table.values()]) if table else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _set(choice: Choice) -> str:
    return choice.image.split("/")[0]


def _line(text: str) -> str:
    return " ".join(text.split()).casefold()
