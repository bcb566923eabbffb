"""What a question about a part asks for, told by rule from its words.

A question is understood only where every word of it is: one that is not (`how deep`, `not`, `more than two`) may turn
the meaning, so the question is left unanswered rather than answered as if the word were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from ..eval.places import read_places
from ..prompts import is_boolean

ANY, FINE = "*", "!"
"""Keys of the words that ask for any defect, and of those that ask whether all is well."""
Way = Literal["defect", "fine", "shown", "permitted", "kinds", "fact"]


class Asked(NamedTuple):
    """What a question asks for.

    Attributes:
        types: of defects; empty: any.
        way: `defect`: is there one that nothing permits; `fine`: is there none; `shown`: is it to be seen, permitted or
            not; `permitted`: do the criteria permit it; `kinds`: how many types are there; `fact`: does `clause` hold
            of what is seen.
        places: of the 3 x 3 grid; empty: anywhere.
        clause: what is said of the defect, as the question has it.
    """

    types: frozenset[str]
    way: Way
    places: tuple[str, ...] = ()
    clause: str = ""


_SEEN = r"(?:the|this|that|these|what|such)\b.*"
_CLAUSES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:is|are|does|do|was) (?:it |this|that|the|what)[^:]*:\s*(?P<clause>.+?)\W*$",
        r"^(?:is|are|was|were|can|could|may|might) (?P<clause>.+?) (?:be )?(?:an? |the )?(?:\w+ )?"
        rf"(?:cause|reason|source|origin) (?:of|for|behind) {_SEEN}$",
        rf"^(?:did|can|could|may|might) (?P<clause>.+?) (?:have )?(?:caused?|led to|lead to) {_SEEN}$",
        r"^(?:does|do|will|can|could|may|might) (?:the|this|that) (?:defect|fault|flaw|damage)(?: \w+){0,3}? "
        r"(?:mean|imply|cause|lead to|result in)(?: that)? (?P<clause>.+?)\W*$",
    )
)
_PAIR = r"(?:upper|top|lower|bottom|cent(?:re|er)|middle)[ -](?:left|cent(?:re|er)|middle|right)"
_PLACE = re.compile(rf"\b(?:{_PAIR}|centre|center|middle)\b")
_LIGHT = re.compile(r"\b(?:apart from|besides|disregarding|ignoring) (?:the )?(?:light\w*|illumination)")
_UNLIKE = re.compile(
    r"\b(?:that|which) (?:the|a) (?:golden|good|reference) (?:object|image|picture|one) (?:does not|lacks)"
)
_GOOD_ONE = re.compile(r"\b(?:from|than|against|compared (?:to|with)) (?:an?|the) (?:\w+ )?(?:one\b)?")
_FREE = re.compile(r"\b([a-z]+)[ -]free\b(?! (?:of|from)\b)|\b(fault|flaw|defect|blemish)less\b")
_CONDUCTORS = re.compile(r"\btwo (?:conductor|track|trace|pad|pin|lead|line)s\b|\b(?:conductor|track|trace)s?\b")
_KINDS = re.compile(
    r"\b(?:more than one|at least two|two or more|several|multiple|various|different|how many) "
    r"(?:(?:different|distinct) )?(?:kind|type|sort)s?\b"
)
_DIFFERS = re.compile(r"\b(?:differ|chang|alter|deviat)\w*")
_WITHOUT = re.compile(r"\b(?:free (?:of|from)|without|devoid of|no)\b")
_MARKS = {
    "well": re.compile(
        r"\b(?:pass(?:es)?|(?:be|is|been) (?:accepted|shipped|released|delivered|approved)|acceptable|conforms?"
        r"|in (?:good |perfect )?order|all right|alright|as it should be|as intended|undamaged|unharmed)\b"
    ),
    "permits": re.compile(r"\b(?:permi|allow|accept|tolera)\w*"),
    "criteria": re.compile(r"\b(?:criteri(?:a|on)|rules?)\b"),
    "rejects": re.compile(r"\b(?:reject|scrap|discard|refuse)\w*|\bfails?\b"),
    "some": re.compile(r"\b(?:amiss|faulty|blemish(?:es|ed)?|imperfections?)\b"),
}
"""What may be said besides types, in the order in which it is looked for."""
_WORDS = """
is are was were be been being do does did has have having had can could may might should shall will would must to a an
the this that these those it its there here what which where in on at of from with by for as or if any anything some
something somewhere anywhere everything every please tell me name list say show shows shown showing see sees seen
visible seem seems look looks appear appears found find exhibit exhibits display displays contain contains present
detect detected carry carries bear bears exist exists occur occurs part parts piece item unit sample product object
board specimen thing workpiece image picture photo photograph test copper corner you we got area region place
side whole entire inspection because
"""
_PLAIN = frozenset(_WORDS.split())
"""Words that leave the meaning of a question as it is."""


def ground(question: str, terms: Mapping[str, Sequence[str]], object: str | None = None) -> Asked | None:
    """What a question asks for, or None where it, or any word of it, is not understood.

    Args:
        terms: by defect type (and `*`, `!`) the beginnings of words or phrases, lower case.
        object: its name; words of it tell nothing of defects.
    """
    for pattern in _CLAUSES:
        if (clause := pattern.match(question.strip())) and is_boolean(question):
            return Asked(frozenset(), "fact", clause=clause["clause"])
    places, rest = read_places(question), _plain(question, object)
    if places:
        rest = _take(_PLACE, rest)[1]
    kinds, rest = _take(_KINDS, rest)
    differs, rest = _take(_DIFFERS, rest)
    if differs:
        rest = _take(_GOOD_ONE, rest)[1]
    keys, rest = _match(rest, terms)
    without, rest = _take(_WITHOUT, rest)
    said = {name for name, is_said in (("kinds", kinds), ("differs", differs), ("without", without)) if is_said}
    said |= {{ANY: "some", FINE: "well"}.get(key, "types") for key in keys}
    for name, pattern in _MARKS.items():
        found, rest = _take(pattern, rest)
        said |= {name} if found else set()
    if "reject" in question.lower():  # a model's own words for any defect may have it
        said = said - {"some"} | {"rejects"}
    if _strange(rest, question):
        return None
    way = _way(said)
    if not said and places and re.match(r"(what|which)\b", question.strip().lower()):
        way = "shown"
    return Asked(frozenset(keys - {ANY, FINE}), way, places) if way else None


def _way(said: set[str]) -> Way | None:
    """The way of a question by what is said in it; None where that does not go together."""
    if "kinds" in said:
        return "kinds" if said <= {"kinds", "some"} else None
    if "differs" in said:
        return "shown" if said <= {"differs", "types"} else None
    if "without" in said:
        return "fine" if said & {"types", "some"} and not said & {"permits", "rejects", "criteria"} else None
    if "rejects" in said:
        return "defect" if said <= {"rejects", "types", "some"} else None
    if "permits" in said or ("well" in said and said & {"types", "criteria"}):
        return "permitted" if said & {"types", "some", "criteria"} else None
    if "well" in said:
        return "fine" if said == {"well"} else None
    return "shown" if "types" in said else "defect" if "some" in said else None


def _plain(question: str, object: str | None) -> str:
    """The question's words in lower case, without the object's name and what leaves the meaning as it is."""
    line = _FREE.sub(lambda m: f"free of {m[1] or m[2]}", " ".join(re.findall(r"[a-z0-9-]+", question.lower())))
    for name in (object, re.split(r" (?:with|of|for) ", object)[0].split()[-1]) if object else ():
        line = re.sub(rf"\b{re.escape(name.lower())}s?\b", "object", line)
    for aside in (_LIGHT, _UNLIKE, _CONDUCTORS):
        line = aside.sub(" ", line)
    return line


def _take(pattern: re.Pattern[str], text: str) -> tuple[bool, str]:
    """Whether a pattern is in a text, and the text without it."""
    rest, count = pattern.subn(" ", text)
    return bool(count), rest


def _match(text: str, terms: Mapping[str, Sequence[str]]) -> tuple[set[str], str]:
    """The keys whose terms a text has, and the text without them; of terms that overlap the longest counts."""
    phrases = sorted(
        {p for known in terms.values() for p in known} - {"free of"}, key=lambda p: (-len(p.split()), -len(p))
    )
    keys: set[str] = set()
    for phrase in phrases:
        found, text = _take(_term(phrase), text)
        if found:
            keys |= _meant(phrase, terms)
    return keys, text


def _term(phrase: str) -> re.Pattern[str]:
    """A term as it may stand in a question: `torn label`, `torn labels`, `label is torn`."""
    end = r"(?![\w-])" if phrase.endswith(" ") else r"[\w-]*"
    words = phrase.split()
    forms = [re.escape(phrase.strip()) + end]
    if len(words) == 2:
        forms.append(rf"{re.escape(words[1])}s? (?:(?:is|are|was|were|been|being) )?{re.escape(words[0])}(?![\w-])")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})")


def _meant(phrase: str, terms: Mapping[str, Sequence[str]]) -> set[str]:
    """The keys that a term asks for: `missing`, which names no type, also asks for a missing cap."""
    keys = {key for key, known in terms.items() if phrase in known}
    if phrase.strip() in terms or keys & {ANY, FINE}:
        return keys
    return keys | {key for key, known in terms.items() if any(p.startswith(f"{phrase.strip()} ") for p in known)}


def _strange(rest: str, question: str) -> bool:
    """True where words are left over that may turn the meaning."""
    rest = re.sub(r"^how many\b", "", rest.strip())
    known = _PLAIN if is_boolean(question) else _PLAIN | {"and", "kind", "kinds", "type", "types"}
    return any(word not in known for word in re.findall(r"[\w-]+", rest))
