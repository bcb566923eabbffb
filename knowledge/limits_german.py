"""Limits in German sentences: "Höchstens zwei Kratzer sind zulässig.", "Poren bis 0,5 mm sind erlaubt."

As in English (limits.py) the whole sentence has to fit a form, and names of defects are told in English, as the model
names them.
"""

from __future__ import annotations

import re

from ..schema import Criterion, LimitedQuantity
from .quantity import SQUARE, UNIT, in_unit

_TYPES = {
    "Kratzer": "scratch", "Riss|Risse|Rissen": "crack", "Delle|Dellen|Beule|Beulen": "dent",
    "Fleck|Flecken|Flecke": "stain", "Punkt|Punkte|Punkten": "spot", "Pore|Poren": "pore", "Lunker|Lunkern": "void",
    "Blase|Blasen": "bubble", "Grat|Grate|Graten": "burr", "Kerbe|Kerben": "nick", "Rost": "rust",
    "Einschluss|Einschlüsse|Einschlüssen": "inclusion", "Loch|Löcher|Löchern": "hole",
    "Ausbruch|Ausbrüche|Ausbrüchen": "chip", "Kurzschluss|Kurzschlüsse|Kurzschlüssen": "short",
    "Unterbrechung|Unterbrechungen": "open", "Verformung|Verformungen": "deformation",
    "Verfärbung|Verfärbungen": "discoloration", "Fehler|Fehlern|Fehlstelle|Fehlstellen": "",
}  # fmt: skip
_TYPE_BY_NAME = {name.lower(): kind for names, kind in _TYPES.items() for name in names.split("|")}
_NUMBER_WORDS = "kein ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
_NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS.split())} | {"eine": 1, "einen": 1}

_TYPE = rf"(?:ein(?:e|en)? |alle |jede[rn]? |einzelne |der |die |das |den )?(?P<type>{'|'.join(_TYPE_BY_NAME)})"
_VALUE = rf"(?P<number>\d+(?:[.,]\d+)?) ?(?P<unit>{UNIT})(?P<square>{SQUARE})?"
_COUNT = rf"(?P<count>\d+|{'|'.join(w for w in _NUMBERS if w != 'kein')})"
_PLACE = (
    r"(?: (?:pro|je) (?:Teil|Platine|Leiterplatte|Bauteil|Seite|Stück)| (?:auf|an) (?:diesem Teil|dieser Platine))?"
)
_FINE = r"(?:zulässig|erlaubt|akzeptabel|akzeptiert|gestattet|in Ordnung)"
_BAD = r"(?:unzulässig|verboten|nicht (?:zulässig|erlaubt|akzeptabel|gestattet)|ein Fehler|Fehler|Ausschuss)"
_ARE = r"(?:ist|sind|gilt als|gelten als|werden|wird)"
_MAY = r"(?:darf|dürfen)(?: nur)?"
_MOST = r"(?:höchstens|maximal|max\.|bis|bis zu|bis maximal|nicht mehr als|(?:von|mit) (?:höchstens|maximal))"
_ABOVE = r"(?:über|von mehr als|größer als|länger als|(?P<wider>breiter als))"
_DIMENSION = r"(?: (?P<long>Länge|lang|Durchmesser|groß|(?P<wide>Breite|breit)|Fläche))?"

# A form, the comparison that what is acceptable keeps, and whether the sentence permits that.
_FORMS = tuple(
    (re.compile(pattern, re.IGNORECASE), comparison, permits)
    for pattern, comparison, permits in (
        (rf"{_MOST} {_COUNT} {_TYPE}{_PLACE} {_ARE} {_FINE}{_PLACE}", "<=", True),
        (rf"{_COUNT} {_TYPE}{_PLACE} {_ARE} {_FINE}{_PLACE}", "<=", True),
        (rf"weniger als {_COUNT} {_TYPE}{_PLACE} {_ARE} {_FINE}{_PLACE}", "<", True),
        (rf"mehr als {_COUNT} {_TYPE}{_PLACE} {_ARE} {_BAD}{_PLACE}", "<=", False),
        (rf"{_TYPE} {_MOST} {_VALUE}{_DIMENSION}{_PLACE} {_ARE} {_FINE}{_PLACE}", "<=", True),
        (rf"{_TYPE} (?:unter|kleiner als|kürzer als) {_VALUE}{_DIMENSION}{_PLACE} {_ARE} {_FINE}{_PLACE}", "<", True),
        (rf"{_TYPE} {_ABOVE} {_VALUE}{_DIMENSION}{_PLACE} {_ARE} {_BAD}{_PLACE}", "<=", False),
        (rf"{_TYPE} ab {_VALUE}{_DIMENSION}{_PLACE} {_ARE} {_BAD}{_PLACE}", "<", False),
        (rf"{_TYPE} {_MAY} (?:höchstens|maximal|bis zu) {_VALUE}{_DIMENSION} (?:sein|haben)", "<=", False),
        (rf"{_TYPE} {_MAY} nicht (?:länger|größer|(?P<wider>breiter)) als {_VALUE} sein", "<=", False),
        (rf"{_TYPE} {_MAY} {_VALUE}{_DIMENSION} nicht (?:überschreiten|übersteigen)", "<=", False),
    )
)


def read_german(line: str) -> Criterion | None:
    """The limit that a German sentence without its full stop plainly states, None where it states none.

    "Mehr als zwei Risse sind unzulässig" is `count <= 2` of `crack`; decimals have a comma or a point.
    """
    for form, comparison, permits in _FORMS:
        match = form.fullmatch(line)
        if match:
            return _criterion({k: v for k, v in match.groupdict().items() if v is not None}, comparison, permits)
    return None


def _criterion(found: dict[str, str], comparison: str, permits: bool) -> Criterion | None:
    quantity: LimitedQuantity = "count"
    if "count" in found:
        word = found["count"].lower()
        limit, unit = float(word) if word.isdigit() else float(_NUMBERS[word]), ""
    else:
        limit, unit = in_unit(found["number"], found["unit"], square="square" in found)
        area = unit.endswith("2")
        if area != (found.get("long", "fläche" if area else "").lower() == "fläche"):
            return None
        quantity = "area" if area else "breadth" if found.keys() & {"wide", "wider"} else "length"
    return Criterion(
        of=_TYPE_BY_NAME[found["type"].lower()],
        quantity=quantity,
        comparison=comparison,  # type: ignore[arg-type]
        limit=limit,
        unit=unit,  # type: ignore[arg-type]
        permits=permits,
    )
