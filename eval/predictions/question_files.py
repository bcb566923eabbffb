"""Question files that know the truth, joined with predictions: AD-PL's and MANTA's (method.md, 3; one form).

A list of entries, as one JSON list or one a line: `{pair_type, test_image, question_answer: [{question_en, answer:
bool, ...}]}`. The reference answer is AD-PL's best ranked one (`answer_options[0].answer_en`) or MANTA's conclusion
(`conclusion_en` of the question, else of the entry). A prediction belongs to the question with its image and words; the
image may be told with more folders before it. MMAD's file has another form and another score: mmad.py.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ...errors import BadInput
from .prediction import Prediction, json_lines


class Asked(NamedTuple):
    """A question whose right answer is known; `id` is `<entry>#<question>`, both from 0."""

    id: str
    image: str
    group: str
    level: str
    question: str
    truth: bool
    reference: str


@dataclass
class Joined:
    """What joining came to, complete once the predictions are used up.

    Attributes:
        strangers: ids of predictions that belong to no question; they are left out.
        unanswered: questions that no prediction answers; they count as answers that could not be read.
    """

    strangers: list[str] = field(default_factory=list)
    unanswered: int = 0


def read_json(path: Path) -> Any:
    """A whole JSON file, or the list of a JSON-lines file's objects.

    Raises:
        BadInput: no such file, or neither of the two.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:  # not one JSON value, or not UTF-8, which json_lines tells
        return [raw for _, raw in json_lines(path)]
    except OSError as error:
        raise BadInput(str(path), f"it cannot be read ({error.strerror})", "name a file of questions") from None


def is_mmad(data: Any) -> bool:
    """Whether this is MMAD's form: images -> `{conversation: [...]}`."""
    return isinstance(data, dict) and any(isinstance(v, dict) and "conversation" in v for v in data.values())


def asked_questions(data: Any, where: str) -> list[Asked]:
    """The questions of an AD-PL or MANTA file; grouped by image where that keeps entries apart, else by entry.

    Raises:
        BadInput: an entry or question lacks what it needs (named by its number).
    """
    entries = data if isinstance(data, list) else [data]
    by_entry = [list(_entry(entry, number, where)) for number, entry in enumerate(entries)]
    if not any(by_entry):
        raise BadInput(where, "it holds no question", "give an AD-PL, MANTA or MMAD file")
    # Entries of one image at several levels belong together in intervals; two at one level would be one in Acc-G.
    asked = Counter((found[0].image, found[0].level) for found in by_entry if found)
    twice = {image for (image, _), count in asked.items() if count > 1}
    return [q if q.image in twice else q._replace(group=q.image) for found in by_entry for q in found]


def _entry(entry: Any, number: int, where: str) -> Iterator[Asked]:
    place = f"{where}: entry {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("question_answer"), list):
        raise BadInput(place, "it has no question_answer", "give an AD-PL, MANTA or MMAD file")
    image = entry.get("test_image")
    if not isinstance(image, str) or not image:
        raise BadInput(place, "it has no test_image", "correct the entry")
    for index, asked in enumerate(entry["question_answer"]):
        question = asked.get("question_en") if isinstance(asked, dict) else None
        if not isinstance(question, str) or not isinstance(asked.get("answer"), bool):
            raise BadInput(f"{place}, question {index}", "it has no question_en or no boolean answer", "correct it")
        yield Asked(
            f"{number}#{index}", image, f"{number}:{image}", str(entry.get("pair_type") or ""),
            question, asked["answer"], _reference(entry, asked),
        )  # fmt: skip


def _reference(entry: dict[str, Any], asked: dict[str, Any]) -> str:
    options = asked.get("answer_options")
    best = options[0].get("answer_en") if isinstance(options, list) and options and isinstance(options[0], dict) else ""
    return str(best or asked.get("conclusion_en") or entry.get("conclusion_en") or "")


def join(predictions: Iterable[Prediction], asked: list[Asked], told: Joined) -> Iterator[Prediction]:
    """Predictions with what the question file knows; last come the questions that nobody answered.

    Questions asked twice about one image are answered in their order.

    Raises:
        BadInput: not one prediction belongs to a question.
    """
    open_: dict[tuple[str, str], deque[Asked]] = {}
    for one in asked:
        open_.setdefault((one.image, " ".join(one.question.split())), deque()).append(one)
    first, matched = "", 0
    for prediction in predictions:
        first = first or f"image {prediction.image!r}, question {prediction.question!r}"
        known = _question_of(prediction, open_)
        if known is None:
            told.strangers.append(prediction.id)
            continue
        matched += 1
        yield prediction.model_copy(
            update={
                "truth": known.truth, "group": known.group, "level": known.level, "image": known.image,
                "reference": prediction.reference or known.reference,
            }
        )  # fmt: skip
    if not matched:
        example = f"image {asked[0].image!r}, question {asked[0].question!r}"
        raise BadInput(first or "predictions", f"no prediction belongs to a question such as {example}", "name both")
    for left in open_.values():
        for known in left:
            told.unanswered += 1
            yield Prediction(
                id=f"unanswered {known.id}", question=known.question, answer="", truth=known.truth,
                group=known.group, level=known.level, image=known.image, reference=known.reference,
            )  # fmt: skip


def _question_of(prediction: Prediction, open_: dict[tuple[str, str], deque[Asked]]) -> Asked | None:
    question = " ".join(prediction.question.split())
    for name in tails(prediction.image):
        if waiting := open_.get((name, question)):
            return waiting.popleft()
    return None


def tails(image: str) -> Iterator[str]:
    """The names that a path may have in a question file: itself, then without its first folders, one by one."""
    yield image
    parts = PurePosixPath(image.replace("\\", "/")).parts
    for begin in range(len(parts)):
        yield "/".join(parts[begin:])
