"""Facts about an object from what is known of it (lore.py): looks, effects, causes, criteria, normal look."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...schema import Fact, RecalledFact
from ..world.dialogues import facts as world
from ..world.dialogues.wording import capital, say, with_article
from ..world.families import families
from ..world.family import DefectType, Family
from .lore import UNNAMED, Lore

_LOOK = ("{<A> is seen where|<A> shows like this:|One knows <a> by this:} <look>.", "<A> on a <object>: <look>.")
_EFFECT = (
    "Where a <object> has <a>, <effect>.",
    "{Of <a>|With <a>} one must know: <effect>.",
    "<A> matters: <effect>.",
)
_CAUSE = ("<A> {often|mostly|usually} comes from <cause>.", "<A> on a <object> is {often|mostly} caused by <cause>.")
_ALLOW = (
    "<A> {is permitted|is acceptable|is allowed|may stay} on this <object>.",
    "This customer {accepts|permits|allows} <a> on the <object>.",
    "<A> is no reason to reject this <object>.",
)
_FORBID = (
    "<A> is {not permitted|never acceptable|not allowed} on this <object>.",
    "A <object> with <a> {must be rejected|is rejected|fails inspection}.",
)
_LIMIT = (
    "<A> of up to <limit> px is {accepted|permitted} on this <object>.",
    "<A> of more than <limit> px is rejected.",
)
_NORMAL = ("On a good <object>, <normal>.", "A sound <object> shows that <normal>.")
_ABOUT = ("Of a <object> one knows: <about>.",)
_NOUNS = "scratch crack fracture hole pit dent chip cut tear fold burr spur short open mousebite pin-hole pinhole break"
_MORE_NOUNS = "mark spot stain patch line bubble blowhole tooth part defect"
_COUNTABLE = frozenset(f"{_NOUNS} {_MORE_NOUNS}".split())
_BEFORE = "missing extra broken bent damaged misplaced swapped wrong loose torn"
_BEFORE_NOUNS = frozenset(_BEFORE.split())
KINDS = ("appearance", "effect", "cause", "allow", "forbid")


class Told(NamedTuple):
    """A fact and what it tells: its clause about `type`, as `kind` (one of `KINDS`, `limit`, `normal` or `about`)."""

    fact: Fact
    kind: str
    type: str = ""
    clause: str = ""


def fact_about(lore: Lore, type: str, kind: str, rng: np.random.Generator) -> Told:
    """A fact about one type: one of `KINDS` (a cause is a fact of the kind `defect`)."""
    known = lore.types[type]
    templates, clauses, stored = {
        "appearance": (_LOOK, known.looks, "appearance"),
        "effect": (_EFFECT, known.effects, "effect"),
        "cause": (_CAUSE, known.causes, "defect"),
        "allow": (_ALLOW, ("",), "criterion"),
        "forbid": (_FORBID, ("",), "criterion"),
    }[kind]
    clause = say(rng, clauses[rng.integers(len(clauses))])
    allows = (type,) if kind == "allow" else ()
    if type in lore.own:  # as a model that was trained on the synthetic world has read them
        return Told(_fact(_as_in_the_world(lore, type, kind, clause, rng), lore, stored, allows), kind, type, clause)
    words = {"look": clause, "effect": clause, "cause": clause, "a": called(lore, type), "object": lore.object}
    text = say(rng, templates[rng.integers(len(templates))], **words)
    return Told(_fact(text, lore, stored, allows), kind, type, clause)


def limit_fact(lore: Lore, type: str, limit: int, rng: np.random.Generator) -> Told:
    """A tolerance: defects of a type up to `limit` pixels are accepted, longer ones are not (kind `limit`)."""
    text = say(rng, _LIMIT[rng.integers(len(_LIMIT))], a=called(lore, type), limit=str(limit), object=lore.object)
    if type in lore.own:
        text = world.rule(_family(lore), _as_told(lore, type, ""), "limit", rng, limit).text
    return Told(_fact(text, lore, "criterion"), "limit", type, str(limit))


def _as_in_the_world(lore: Lore, type: str, kind: str, clause: str, rng: np.random.Generator) -> str:
    family, own = _family(lore), _as_told(lore, type, clause)
    if kind in ("allow", "forbid"):
        return world.rule(family, own, "permit" if kind == "allow" else "reject", rng).text
    role: world.Role = "look" if kind == "appearance" else "effect" if kind == "effect" else "cause"
    return world.about(family, own, rng, role).text


def _family(lore: Lore) -> Family:
    """The family whose words these are, where any type is in `lore.own`."""
    return next(f for f in families() if f.object == lore.object)


def _as_told(lore: Lore, type: str, clause: str) -> DefectType:
    # Without synonyms: a fact has to name the type as answers do. Its one clause is said already.
    told = (clause,)
    return replace(lore.types[type], name=type, looks=told, effects=told, causes=told, synonyms=())


def general_fact(lore: Lore, rng: np.random.Generator) -> Told:
    """A fact about the normal look, or about what the object is, where that is known."""
    if lore.about and rng.random() < 0.3:
        clause = say(rng, lore.about[rng.integers(len(lore.about))])
        return Told(_fact(say(rng, _ABOUT[0], about=clause, object=lore.object), lore, "identity"), "about", "", clause)
    clause = say(rng, lore.normal[rng.integers(len(lore.normal))])
    text = say(rng, _NORMAL[rng.integers(len(_NORMAL))], normal=clause, object=lore.object)
    return Told(_fact(text, lore, "normal"), "normal", "", clause)


def draw_facts(
    lore: Lore,
    shown: Sequence[str],
    rng: np.random.Generator,
    *,
    permitted: Sequence[str] = (),
    must: Sequence[Told] = (),
    most: int = 6,
) -> list[Told]:
    """Facts as a store would recall them for an image that shows the types `shown`, in random order, at most `most`.

    Args:
        permitted: types that a criterion among the facts permits, and no other does; these facts are always there.
        must: further facts that are always there.
    """
    facts = [*must, *(fact_about(lore, t, "allow", rng) for t in permitted)]
    return _filled(facts, int(rng.integers(0, most + 1)), lore, shown, rng, most)


def draw_diagnosis_facts(
    lore: Lore, shown: Sequence[str], rng: np.random.Generator, *, permitted: Sequence[str] = (), most: int = 7
) -> list[Told]:
    """Facts that decide questions of diagnosis: a look, an effect and a cause, each of a type in `shown` or of another
    one, and mostly a criterion; filled up as by `draw_facts`."""
    facts = [fact_about(lore, t, "allow", rng) for t in permitted]
    there = [t for t in shown if t != UNNAMED]
    absent = [t for t in lore.types if t not in there and t != UNNAMED]
    for kind in ("appearance", "effect", "cause"):
        pool = there if there and (not absent or rng.random() < 0.5) else absent
        if pool:
            facts.append(fact_about(lore, pool[rng.integers(len(pool))], kind, rng))
    rejected = [t for t in there if t not in permitted]
    if rejected and rng.random() < 0.7:
        facts.append(fact_about(lore, rejected[0], "forbid", rng))
    return _filled(facts, int(rng.integers(0, 3)), lore, shown, rng, most)


def _filled(
    facts: list[Told], count: int, lore: Lore, shown: Sequence[str], rng: np.random.Generator, most: int
) -> list[Told]:
    others = [t for t in lore.types if t != UNNAMED]
    settled = {f.type for f in facts if f.kind in ("allow", "limit")}
    for _ in range(count):
        if rng.random() < 0.28 or not others:
            extra = general_fact(lore, rng)
        else:
            pool = [t for t in shown if t != UNNAMED] if rng.random() < 0.5 else others
            type = str((pool or others)[rng.integers(len(pool or others))])
            kind = str(rng.choice(["appearance", "effect", "cause", "forbid"], p=[0.45, 0.25, 0.15, 0.15]))
            if kind == "forbid" and type in settled:  # criteria that contradict each other decide nothing
                kind = "appearance"
            extra = fact_about(lore, type, kind, rng)
        if len(facts) < most and all(extra.fact.text != f.fact.text for f in facts):
            facts.append(extra)
    return [facts[i] for i in rng.permutation(len(facts))]


def recalled(facts: Sequence[Told]) -> tuple[RecalledFact, ...]:
    """The facts as prompts take them, cited as F1, F2, ... in their order."""
    return tuple(RecalledFact(id=f"F{i}", fact=told.fact, score=0.5) for i, told in enumerate(facts, 1))


def called(lore: Lore, type: str) -> str:
    """A type as a sentence names it: `a scratch`; `a defect of the type bent`, where the name is no countable noun."""
    words = type.split()
    countable = words[-1] in _COUNTABLE or (words[0] in _BEFORE_NOUNS and len(words) > 1 and words[-1][-1] != "s")
    if type in lore.own or countable:
        return with_article(type)
    return f"a defect of the type {type}"


def _fact(text: str, lore: Lore, kind: str, allows: tuple[str, ...] = ()) -> Fact:
    text = capital(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Fact(id=f"drawn-{digest[:12]}", text=text, object=lore.object, kind=kind, allows=allows, digest=digest)  # type: ignore[arg-type]
