"""Reading a limit from a sentence, only where it plainly says one: "Scratches up to 5 mm long are acceptable."

English stands here, German in limits_german.py.

The whole sentence has to fit one of the forms below. A second condition, a proportion, a place or a negation that no
form knows leaves words over, and then nothing is read: a limit that is not there is better than a wrong one.
"""

from __future__ import annotations

import re

from ..schema import Criterion, LimitedQuantity
from .limits_german import read_german
from .objects import defect_type, type_pattern
from .quantity import SQUARE, UNIT, in_unit

_NUMBER_WORDS = "no one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS.split())}
_QUANTITIES: dict[str, LimitedQuantity] = {
    **dict.fromkeys(("breadth", "width", "wide", "wider", "narrower", "thick", "thicker", "thinner", "thickness"),
                    "breadth"),
    "area": "area",
}  # fmt: skip
"""What words name; all others of a size name the length. The width of a scratch is its breadth, not the image's axis,
and a height is read nowhere: it may well stand out of the image."""

_TYPE = rf"(?:an? |any |all |each |single |individual |the )*(?P<type>{type_pattern()}|defect|anomaly|anomalies)(?:s)?"
_NUMBER = r"(?P<number>\d+(?:[.,]\d+)?)"
_SQUARE = r"(?P<before>sq\.? |square )?"
_VALUE = rf"{_NUMBER} ?{_SQUARE}(?P<unit>{UNIT})(?P<square>{SQUARE})?"
_COUNTED = rf"(?P<count>\d+|{'|'.join(_NUMBERS)})"
_SOME = rf"(?P<most>)(?P<count>\d+|{'|'.join(_NUMBER_WORDS.split()[1:])})"
_NAME = r"(?P<name>length|size|diameter|breadth|thickness|width|area)"
_LONG = r"(?P<long>long|large|big|across|wide|thick|in (?:length|size|diameter|breadth|width|area))"
_PLACE = r"(?: (?:per|(?:on|in) (?:this|the|each|any|a|one)) (?:board|part|product|object|piece|item|pcb|side))?"
_FINE = r"(?:acceptable|accepted|allowed|permitted|permissible|tolerated|ok)(?: (?:by|to) (?:the|this|our) customer)?"
_BAD = r"(?:rejected|unacceptable|forbidden|prohibited|a defect|defects|not (?:acceptable|accepted|allowed|permitted))"
_ACCEPT = r"(?:accept|allow|permit|tolerate)"
_ARE = r"(?:is|are|must be|shall be)(?: always)?"
_MOST = r"(?P<most>up to|at most|no more than|not more than|a maximum of|max\.?|not exceeding|<=|≤)"
_BELOW = r"(?P<below>below|under|less than|smaller than|shorter than|narrower than|thinner than|<)"
_ABOVE = r"(?P<above>above|over|(?:more|larger|longer|wider|bigger|thicker|greater) than|exceeding|>)"
_LEAST = r"(?P<least>at least|no less than|not less than|a minimum of|min\.?|from|>=|≥)"
_ANY = rf"(?:{_MOST}|{_BELOW}|{_ABOVE}|{_LEAST})"
_OR = r"or (?:(?P<ormore>more|longer|larger|bigger|wider|over)|(?P<orless>less|shorter|smaller|narrower|under))"
_HAVING = r"(?: with an?| of| that are| which are)?"

# A form, and what it says of the things that it describes: accepted, rejected, or required of all.
_FORMS = tuple(
    (re.compile(pattern, re.IGNORECASE), says)
    for pattern, says in (
        (rf"{_TYPE}{_HAVING}(?: {_NAME})?(?: of)? {_ANY} {_VALUE}(?: {_LONG})?{_PLACE} {_ARE} {_FINE}{_PLACE}", "fine"),
        (rf"{_TYPE}{_HAVING}(?: {_NAME})?(?: of)? {_ANY} {_VALUE}(?: {_LONG})?{_PLACE} {_ARE} {_BAD}{_PLACE}", "bad"),
        (rf"{_TYPE}{_HAVING}(?: {_NAME})?(?: of)? {_VALUE}(?: {_LONG})? {_OR}{_PLACE} {_ARE} {_FINE}{_PLACE}", "fine"),
        (rf"{_TYPE}{_HAVING}(?: {_NAME})?(?: of)? {_VALUE}(?: {_LONG})? {_OR}{_PLACE} {_ARE} {_BAD}{_PLACE}", "bad"),
        (rf"{_ACCEPT} {_TYPE}{_HAVING}(?: {_NAME})? {_ANY} {_VALUE}(?: {_LONG})?{_PLACE}", "fine"),
        (rf"reject {_TYPE}{_HAVING}(?: {_NAME})? {_ANY} {_VALUE}(?: {_LONG})?{_PLACE}", "bad"),
        (rf"(?:the )?{_NAME} of {_TYPE} (?:must|shall|may|should) (?:not exceed|be (?:no|not) more than|be at most) "
         rf"(?P<cap>){_VALUE}{_PLACE}", "must"),
        (rf"{_TYPE} (?:must|shall|may) not (?:exceed|be (?:longer|larger|bigger|wider) than) (?P<cap>){_VALUE}"
         rf"(?: {_LONG})?{_PLACE}", "must"),
        (rf"(?:{_MOST}|{_BELOW}) {_COUNTED} {_TYPE}{_PLACE} {_ARE} {_FINE}{_PLACE}", "fine"),
        (rf"{_SOME} {_TYPE}{_PLACE} {_ARE} {_FINE}{_PLACE}", "fine"),
        (rf"{_ABOVE} {_COUNTED} {_TYPE}{_PLACE} {_ARE} {_BAD}{_PLACE}", "bad"),
        (rf"{_ACCEPT} {_MOST} {_COUNTED} {_TYPE}{_PLACE}", "fine"),
        (rf"{_TYPE} (?P<name>size|length|diameter|breadth|thickness|width|area|count) "
         rf"(?P<sign><=|≤|<|>=|≥|>) (?:{_VALUE}|{_COUNTED})", "fine"),
        (rf"(?P<name>size|length|diameter|breadth|thickness|width|area|count) "
         rf"(?P<sign><=|≤|<|>=|≥|>) (?:{_VALUE}|{_COUNTED})", "fine"),
    )
)  # fmt: skip
_SIGNS = {"most": "<=", "cap": "<=", "orless": "<=", "below": "<", "above": ">", "least": ">=", "ormore": ">="}
_OTHER = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def read_criterion(text: str) -> Criterion | None:
    """The limit that a sentence plainly states, None where it states none, or more than one thing.

    "Pin-holes up to 20 px are acceptable." is `length <= 20 px` of `pin-hole` and permits; "Scratches longer than 5 mm
    are rejected." is `length <= 5 mm` of `scratch` and permits nothing; "At most three spots are accepted." and "Drei
    Flecken sind zulässig." are `count <= 3`. cm and µm are told in mm.
    """
    line = " ".join(text.split()).rstrip(".! ")
    for form, says in _FORMS:
        match = form.fullmatch(line)
        if match:
            return _criterion({k: v for k, v in match.groupdict().items() if v is not None}, says)
    return read_german(line)


def _criterion(found: dict[str, str], says: str) -> Criterion | None:
    of = found.get("type", "")
    kind = defect_type(of) or ""
    if of and not kind and not re.fullmatch(r"defect|anomal(?:y|ies)", of, re.IGNORECASE):
        return None
    sign = _sign(found)
    comparison = _OTHER[sign] if says == "bad" else sign
    quantity: LimitedQuantity = "count"
    if "count" in found:
        word = found["count"].lower()
        if found.get("name", "count") != "count":
            return None
        limit, unit = float(word) if word.isdigit() else float(_NUMBERS[word]), ""
    else:
        quantity = _quantity(found)
        limit, unit = _value(found)
        if (quantity == "area") != unit.endswith("2") or found.get("name") == "count":
            return None
    return Criterion(
        of=kind,
        quantity=quantity,
        comparison=comparison,  # type: ignore[arg-type]
        limit=limit,
        unit=unit,  # type: ignore[arg-type]
        permits=says == "fine",
    )


def _sign(found: dict[str, str]) -> str:
    if "sign" in found:
        return {"≤": "<=", "≥": ">="}.get(found["sign"], found["sign"])
    return next((sign for name, sign in _SIGNS.items() if name in found), ">=")


def _quantity(found: dict[str, str]) -> LimitedQuantity:
    """What is limited: a name ("width of"), an adjective ("5 mm wide"), a comparative or the unit says it."""
    if ("square" in found or "before" in found) and not ({"name", "long"} & found.keys()):
        return "area"
    comparative = found.get("above") or found.get("below") or ""
    words = (found.get("name"), found.get("long", "").removeprefix("in "), found.get("ormore"), found.get("orless"))
    said = [w.lower() for w in (*words, comparative.split(" ")[0]) if w]
    return next((_QUANTITIES[w] for w in said if w in _QUANTITIES), "length")


def _value(found: dict[str, str]) -> tuple[float, str]:
    return in_unit(found["number"], found["unit"], square="square" in found or "before" in found)
