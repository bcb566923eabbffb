"""What a criterion says about a defect's type: permits it, rejects it, or sets it a limit; and whose word counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..schema import Fact
from .objects import defect_type, type_pattern

_TYPE = type_pattern()
_LIST = rf"(?:all |any |an? |the |each )?(?P<types>{_TYPE}(?:(?:,? (?:and|or) |, )(?:an? |the |any )?{_TYPE})*)"
# A place of one to four words; a word that begins a condition is none of it.
_IF = r"unless|if|when|where|only|except|but|than|and|or|with|without|that|which|longer|larger|wider|over|above|under"
_WHERE = (
    rf"(?: (?:on|for|in|of) (?:this|these|the|all|any|such|our|an?|every)(?: (?!(?:{_IF})\b)[^\W\d][\w-]*){{1,4}})?"
)
_REJECTED = (
    r"(?:(?:always |never |generally |strictly )*(?:rejected|unacceptable|forbidden|prohibited)|"
    r"(?:not|never) (?:acceptable|accepted|allowed|permitted|permissible|tolerated))"
)
# Matched against the whole sentence, as what permits is: a size, a number or a condition is left over and so no match.
_REJECTS = (
    re.compile(rf"{_LIST}{_WHERE} (?:is|are|must be|shall be|has to be|have to be) {_REJECTED}{_WHERE}", re.IGNORECASE),
    re.compile(rf"(?:always |do not accept |never accept )?reject {_LIST}{_WHERE}", re.IGNORECASE),
    re.compile(rf"(?:do not|don't|never) (?:accept|allow|permit|tolerate) {_LIST}{_WHERE}", re.IGNORECASE),
    re.compile(rf"no (?P<types>{_TYPE}(?:,? (?:and|or) {_TYPE})*) (?:is|are) (?:acceptable|allowed|permitted|tolerated)"
               rf"{_WHERE}", re.IGNORECASE),
)  # fmt: skip


class Stance(NamedTuple):
    """What a fact says: the types it permits, those it rejects, and what it limits.

    `limits`: type, quantity, and `<` for the most or `>` for the least that is acceptable.
    """

    permits: frozenset[str] = frozenset()
    rejects: frozenset[str] = frozenset()
    limits: frozenset[tuple[str, str, str]] = frozenset()

    def against(self, other: Stance) -> frozenset[str]:
        """Of what the two cannot both be followed in: types (and quantities) on which they differ."""
        types = (self.permits & other.rejects) | (self.rejects & other.permits)
        for one, two in ((self, other), (other, self)):
            types |= {limit[0] for limit in one.limits} & (two.permits | two.rejects)
        return types | {f"{quantity} of {t or 'anything'}" for t, quantity, _ in self.limits & other.limits}


def stance(fact: Fact) -> Stance:
    """What `fact` says about types of defect; nothing where it is no criterion."""
    if fact.kind != "criterion":
        return Stance()
    limit = fact.criterion
    return Stance(
        frozenset(fact.allows),
        frozenset(rejected_types(fact.text)),
        frozenset([(limit.of, limit.quantity, limit.comparison[0])] if limit else ()),
    )


def rejected_types(text: str) -> tuple[str, ...]:
    """Defect types that a sentence rejects without any condition, e.g. `("open", "short")`; mostly ()."""
    line = " ".join(text.split()).rstrip(".! ")
    for pattern in _REJECTS:
        match = pattern.fullmatch(line)
        if match:
            names = re.split(r",? (?:and|or) |, ", match.group("types"), flags=re.IGNORECASE)
            bare = (re.sub(r"^(?:an?|the|any) ", "", n, flags=re.IGNORECASE) for n in names)
            return tuple(dict.fromkeys(t for t in map(defect_type, bare) if t))
    return ()


def overruled(levels: Sequence[Sequence[Fact]]) -> set[str]:
    """Ids of the criteria that a nearer one contradicts; `levels` holds the facts by distance, the object's own first.

    A criterion is overruled as a whole, even where it says more: what it permits besides then counts as a defect, which
    a person sees, while the other way round a defect would pass. A `generated` one overrules nothing.
    """
    nearer: list[Stance] = []
    out: set[str] = set()
    for facts in levels:
        said = [(f, stance(f)) for f in facts if f.kind == "criterion"]
        out |= {f.id for f, s in said if any(s.against(n) for n in nearer)}
        nearer += [s for f, s in said if f.source != "generated" and f.id not in out]
    return out
