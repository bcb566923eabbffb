"""Making a fact: its id, its digest, and what its words alone tell of its kind and of what it allows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, cast, get_args

from ..errors import BadInput
from ..schema import Criterion, Fact, FactKind, FactSource
from .objects import defect_type, normal_name, type_pattern
from .sentences import why_not

KINDS: tuple[str, ...] = get_args(FactKind)
SOURCES: tuple[str, ...] = get_args(FactSource)
CHANGEABLE = ("text", "object", "kind", "source", "allows", "criterion", "origin")
RANK = {"generated": 0, "expert": 1, "curated": 2}
"""At equal relevance the higher one is recalled first (method.md section 1)."""

_TYPE = type_pattern()
_LIST = rf"(?:all |any |an? |the )?(?P<types>{_TYPE}(?:(?:,? (?:and|or) |, ){_TYPE})*)"
_WHERE = (
    r"(?: (?:on|for|in|with) (?:this|these|the|all|any|such|our) (?:(?:bare|printed|circuit|kind of|type of) )*"
    r"(?:board|part|product|object|piece|item|lot|batch|order|customer|kind|type|pcb)s?)?"
)
_VERB = r"(?:acceptable|accepted|allowed|permitted|permissible|tolerated)"
# Matched against the whole sentence: "small pin-holes", "up to two", "if", "only on the back" and every negation
# leave words that the pattern does not know, and so never allow anything.
_ALLOWS = (
    re.compile(rf"{_LIST} (?:is|are) (?:always |generally |also |explicitly )?{_VERB}{_WHERE}", re.IGNORECASE),
    re.compile(rf"(?:accept|allow|permit|tolerate) {_LIST}{_WHERE}", re.IGNORECASE),
    re.compile(
        r"(?:we|(?:the|this|our) (?:customer|specification|drawing)) (?:accepts?|allows?|permits?|tolerates?) "
        rf"{_LIST}{_WHERE}",
        re.IGNORECASE,
    ),
)
_KIND_WORDS: tuple[tuple[FactKind, str], ...] = (
    (
        "criterion",
        r"(?:un)?accepta\w+|accept(?:ed|s)?|allow(?:ed|s)?|permit\w*|reject\w*|must|shall|tolera\w+|not exceed|"
        r"criteri\w+|(?:un)?zulässig\w*|erlaubt|akzepta\w+|akzeptiert|höchstens|maximal|dürfen|darf",
    ),
    (
        "effect",
        r"causes?|leads? to|reduces?|weakens?|prevents?|fails?|lets?|results? in|impairs?|affects?|compromises?",
    ),
    ("defect", r"defects?|anomal\w+|damage\w*|flaw\w*"),
    ("normal", r"normal\w*|good|sound|intact|flawless|free (?:of|from)|undamaged"),
    ("appearance", r"looks?|appears?|shows?|visible|seen"),
)


def fact_id(object: str, text: str) -> str:
    """The id of a fact: 16 hex characters of sha256 over normal object name and text; spacing does not count."""
    key = f"{normal_name(object)}\n{' '.join(text.split())}"
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]


def make_fact(
    text: str,
    object: str,
    kind: str,
    *,
    source: str = "curated",
    allows: Iterable[str] = (),
    criterion: Criterion | None = None,
    origin: str = "",
) -> Fact:
    """A checked fact with id and digest; `allows` holds defect types in any spelling.

    Raises:
        BadInput: the text is not one sentence of 8..300 printable characters, no object, an unknown kind or source,
            or `allows` or `criterion` on a fact that is no criterion.
    """
    shown = " ".join(text.split())
    reason = why_not(text)
    if reason:
        raise BadInput(f"fact '{shown[:40]}'", reason, "give one sentence of 8 to 300 characters")
    name = normal_name(object)
    if not name:
        raise BadInput(f"fact '{shown[:40]}'", "it names no object", "say which object it is about")
    if kind not in KINDS:
        raise BadInput(f"kind '{kind}'", "no such kind of fact", f"use one of {', '.join(KINDS)}")
    if source not in SOURCES:
        raise BadInput(f"source '{source}'", "no such source of a fact", f"use one of {', '.join(SOURCES)}")
    types = tuple(dict.fromkeys(defect_type(a) or a.strip().lower() for a in allows if a.strip()))
    if types and kind != "criterion":
        raise BadInput(f"fact '{shown[:40]}'", f"a fact of kind '{kind}' cannot allow anything", "use kind criterion")
    if criterion and kind != "criterion":
        raise BadInput(f"fact '{shown[:40]}'", f"a fact of kind '{kind}' cannot set a limit", "use kind criterion")
    return Fact(
        id=fact_id(name, shown),
        text=shown,
        object=name,
        kind=cast("FactKind", kind),
        source=cast("FactSource", source),
        allows=types,
        criterion=criterion,
        origin=origin,
        digest=hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest(),
    )


def remade(fact: Fact, **changes: Any) -> Fact:
    """`fact` with `changes`, checked, its id and digest made anew; the version stays.

    Raises:
        BadInput: it is no valid fact (`make_fact`), or no attribute of that name can be changed.
    """
    given = {name: getattr(fact, name) for name in CHANGEABLE}
    unknown = sorted(set(changes) - set(given))
    if unknown:
        raise BadInput(f"'{unknown[0]}'", "that cannot be changed", f"use {', '.join(given)}")
    return make_fact(**{**given, **changes}).model_copy(update={"version": fact.version})


def allowed_types(text: str) -> tuple[str, ...]:
    """Defect types that a sentence declares acceptable without any condition, e.g. `("pin-hole",)`; mostly ().

    "Pin-holes are acceptable on this board." allows; a negation, a size, a number or a condition does not.
    """
    line = " ".join(text.split()).rstrip(".! ")
    for pattern in _ALLOWS:
        match = pattern.fullmatch(line)
        if match:
            names = re.split(r",? (?:and|or) |, ", match.group("types"), flags=re.IGNORECASE)
            return tuple(dict.fromkeys(t for t in map(defect_type, names) if t))
    return ()


def infer_kind(text: str, object: str = "") -> FactKind:
    """The kind a sentence most likely has by its words alone; `defect` where nothing tells."""
    line = " ".join(text.split())
    for kind, words in _KIND_WORDS:
        if re.search(rf"\b(?:{words})\b", line, re.IGNORECASE):
            return kind
    if object and re.match(rf"(?:an?|the)? ?{re.escape(object)}s? (?:is|are) ", line, re.IGNORECASE):
        return "identity"
    return "defect"
