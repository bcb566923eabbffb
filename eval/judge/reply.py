"""Reading a judge's reply, strictly: what does not fit is unscored with the reason, never a number.

A reply is one JSON object and nothing else (a code fence around it is taken off), with exactly the keys that were
asked for, each once; the case number; at least one id, and none that the material does not hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, NamedTuple

_FENCE = re.compile(r"^```(?:json)?\s*\n(?P<inside>.*)\n```$", re.DOTALL)


class Unread(ValueError):
    """Why a reply does not count, in a few words."""


class Grade(NamedTuple):
    """A reply that counts: a whole number 1..5, one sentence, ids of the material."""

    score: int
    reason: str
    evidence: tuple[str, ...]


class Choice(NamedTuple):
    """A comparison that counts: `first`, `second` or `tie`, with ids of both sides."""

    better: str
    reason: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def read_grade(text: str, case: str, ids: Collection[str]) -> Grade:
    """A grade out of a reply.

    Raises:
        Unread: it does not fit, it cites nothing or something that is not there, or the judge abstains.
    """
    reply = _object(text, case, {"case", "reason", "evidence", "score"})
    score = reply["score"]
    if score is None:
        raise Unread(f"the judge abstains: {_sentence(reply)}")
    if type(score) is not int or not 1 <= score <= 5:
        raise Unread(f"the score {score!r} is no whole number from 1 to 5")
    evidence = _ids(reply["evidence"], ids)
    if not evidence:
        raise Unread("the judge cites nothing")
    return Grade(score, _sentence(reply), evidence)


def read_choice(text: str, case: str, first: Collection[str], second: Collection[str]) -> Choice:
    """A comparison out of a reply.

    Raises:
        Unread: as `read_grade`.
    """
    reply = _object(text, case, {"case", "reason", "evidence", "better"})
    better, evidence = reply["better"], reply["evidence"]
    if better is None:
        raise Unread(f"the judge abstains: {_sentence(reply)}")
    if better not in ("first", "second", "tie"):
        raise Unread(f"{better!r} is neither first nor second nor tie")
    if not isinstance(evidence, dict) or set(evidence) != {"first", "second"}:
        raise Unread("its evidence is not told for both sides")
    one, two = _ids(evidence["first"], first), _ids(evidence["second"], second)
    if not one and not two:
        raise Unread("the judge cites nothing")
    return Choice(better, _sentence(reply), one, two)


def _object(text: str, case: str, keys: set[str]) -> dict[str, Any]:
    text = text.strip()
    fenced = _FENCE.match(text)
    try:
        reply = json.loads(fenced["inside"] if fenced else text, object_pairs_hook=_once, parse_constant=_none)
    except Unread:
        raise
    except (ValueError, RecursionError):
        raise Unread("the reply is not JSON") from None
    if not isinstance(reply, dict):
        raise Unread("the reply is no JSON object")
    if set(reply) != keys:
        raise Unread(f"the reply's keys are not {', '.join(sorted(keys))}")
    if reply["case"] != case:
        raise Unread("the reply is not about this case")
    if not isinstance(reply["reason"], str) or not reply["reason"].strip():
        raise Unread("the reply gives no reason")
    return reply


def _ids(told: Any, known: Collection[str]) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise Unread("its evidence is no list of ids")
    foreign = [one for one in told if one not in known]
    if foreign:
        raise Unread(f"it cites {foreign[0][:40]!r}, which is not there")
    return tuple(dict.fromkeys(told))


def _sentence(reply: dict[str, Any]) -> str:
    return " ".join(reply["reason"].split())[:300]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unread("the reply says a key twice")
    return found


def _none(word: str) -> None:
    raise ValueError(word)
