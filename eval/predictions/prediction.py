"""One answered question as it lies in a file of predictions: JSON lines, one object a line.

| key | what | needed for |
|---|---|---|
| `question`, `answer` | as asked and as told, texts | everything |
| `truth` | the right answer: true or false, `"True"`/`"False"` or `"yes"`/`"no"`; null where unknown | accuracy, Acc-G, MLE by rule |
| `group` | the entry (image pair) the question is about; else `image`, else each by itself | Acc-G, intervals |
| `level` | AD-PL's level, e.g. `standard comparison` | accuracy by level, Acc-G |
| `reference` | a right answer in words | similarity, the judge |
| `shown` | what the image shows: `[{"type": "scratch", "places": ["upper left"]}]`; `[]` for a normal image | MLE by rule, the judge |
| `asks`, `asked` | what True asserts (answer_scale.Truth) | entailment in logic |
| `facts` | what was recalled: sentences, or `{"id": "F1", "text": ..., "kind": ..., "allows": [...]}` | grounding in logic |
| `regions` | ids of regions that were given, e.g. `["R1"]` | localization, grounding |
| `allowed`, `deciding`, `names` | as in answer_scale.Truth | logic |
| `id`, `image`, `object` | names; a line without `id` is called by its number | reports, joining with question files |

Any other key is kept in `extra`. The form of SAGE's own predictions (`prediction`, `ground_truth`, `answer` as the
reference) is read as well: there `dichotomy` is not believed, the words are read again.
"""  # noqa: E501  (a table row is one line)

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from ...errors import BadInput
from ...prompts import PLACES
from ...schema import Fact, FactKind, Noun, RecalledFact
from ..answer_scale import Asks, Shown, Truth

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


class ShownDefect(Noun):
    """A defect that the image shows: its type, and the places (3 x 3 grid) that count as right, none if unknown."""

    type: str = Field(min_length=1)
    places: tuple[str, ...] = ()

    @field_validator("places")
    @classmethod
    def _on_the_grid(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [p for p in places if p not in PLACES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no place; places are {', '.join(PLACES)}")
        return places


class RecalledText(Noun):
    """A fact that the model was given, by the id under which it could be cited."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    kind: FactKind = "defect"
    allows: tuple[str, ...] = ()


class Prediction(Noun):
    """One answered question; attributes as in the module's table. `shown` is None where nobody said."""

    id: str
    question: str = Field(min_length=1)
    answer: str
    truth: bool | None = None
    group: str = ""
    level: str = ""
    reference: str = ""
    image: str = ""
    object: str = ""
    shown: tuple[ShownDefect, ...] | None = None
    asks: Asks = "other"
    asked: str = ""
    facts: tuple[RecalledText, ...] = ()
    regions: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, Any] = Field(default_factory=dict)

    @field_validator("truth", mode="before")
    @classmethod
    def _spoken(cls, value: Any) -> Any:
        word = value.strip().lower().rstrip(".") if isinstance(value, str) else value
        if isinstance(word, bool) or word is None:
            return word
        if word in _WORDS:
            return _WORDS[word]
        raise ValueError(f"{value!r} is neither true nor false")

    @field_validator("facts", mode="before")
    @classmethod
    def _numbered(cls, facts: Any) -> Any:
        if not isinstance(facts, list | tuple):
            return facts
        return [{"id": f"F{n}", "text": f} if isinstance(f, str) else f for n, f in enumerate(facts, 1)]

    @property
    def cluster(self) -> str:
        """What belongs together in intervals and Acc-G: the group, else the image, else this question alone."""
        return self.group or self.image or self.id

    def scale_truth(self) -> Truth | None:
        """What `answer_scale.score_answer` needs; None where the right answer or what the image shows is unknown."""
        if self.truth is None or self.shown is None:
            return None
        return Truth(
            value=self.truth,
            asks=self.asks,
            asked=self.asked,
            shown=tuple(Shown(s.type, s.places) for s in self.shown),
            allowed=frozenset(self.allowed),
            facts=tuple(self._recalled(f) for f in self.facts),
            regions=self.regions,
            deciding=self.deciding,
            names=self.names,
            level=self.level,
        )

    def _recalled(self, fact: RecalledText) -> RecalledFact:
        told = Fact(id=fact.id, text=fact.text, object=self.object, kind=fact.kind, allows=fact.allows)
        return RecalledFact(id=fact.id, fact=told, score=1)


def read_predictions(path: Path) -> Iterator[Prediction]:
    """The predictions of a file, one by one, so that memory stays flat.

    Raises:
        BadInput: no such file, a line that is not a JSON object or does not fit (named by its number), an id twice.
    """
    seen: set[str] = set()
    for number, raw in json_lines(path):
        try:
            found = prediction(raw, number)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise BadInput(f"{path}:{number}", f"{where}: {first['msg']}", "correct the line") from None
        if found.id in seen:
            raise BadInput(f"{path}:{number}", f"id {found.id!r} is there already", "give every line an id of its own")
        seen.add(found.id)
        yield found


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON-lines file with their line numbers, blank lines left out.

    Raises:
        BadInput: no such file, or a line that is not a JSON object (NaN and Infinity are none).
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    raw = json.loads(line, parse_constant=_no_number)
                except ValueError as error:
                    why = f"the line is not JSON ({error})"
                    raise BadInput(f"{path}:{number}", why, "correct or drop it") from None
                if not isinstance(raw, dict):
                    raise BadInput(f"{path}:{number}", "the line is no JSON object", "correct or drop it")
                yield number, raw
    except FileNotFoundError:
        raise BadInput(str(path), "no such file", "name a file of JSON lines") from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadInput(str(path), f"it cannot be read ({error.strerror})", "name a file of JSON lines") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "this is no UTF-8 text", "save it as UTF-8") from None


def prediction(raw: Mapping[str, Any], number: int) -> Prediction:
    """A prediction of one line's object, in either form; what has no place goes to `extra`.

    Raises:
        ValidationError: it does not fit.
    """
    raw = dict(raw)
    if "prediction" in raw and "ground_truth" in raw:  # SAGE's own form
        raw |= {"reference": raw.get("answer") or "", "truth": raw["ground_truth"], "answer": raw["prediction"]}
        raw["level"] = raw.get("level") or raw.get("pair_type") or ""
        raw["extra"] = {k: raw.pop(k) for k in ("prediction", "ground_truth")}
    images = raw.get("image")
    if isinstance(images, list) and images:  # test image, then reference image
        raw["image"] = images[0]
    fields = {k: v for k, v in raw.items() if k in Prediction.model_fields and v is not None}
    fields["id"] = str(raw["id"]) if raw.get("id") not in (None, "") else str(number)
    rest = {k: v for k, v in raw.items() if k not in Prediction.model_fields}
    return Prediction.model_validate({**fields, "extra": {**fields.get("extra", {}), **rest}})


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
