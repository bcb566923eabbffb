"""Questions about one image at AD-PL's three levels, five each, with the right answer and its opposite.

standard comparison: is there a defect, and where; defect identification: which one; defect diagnosis: what the recalled
facts make of it (criterion, effect, cause, look), so that there facts decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...eval.answer_scale import Asks, Shown
from ...eval.checks.citations import speaks_of
from ...eval.places import PLACES
from ...prompts import VERDICT_QUESTION
from ..world.dialogues.wording import say
from .lore import UNNAMED
from .lore_facts import called
from .statement import Question, Statement
from .views import ALLOWED, View, cite, invented, listed, nothing, passed, seen, tolerance

STANDARD, IDENTIFICATION, DIAGNOSIS = "standard comparison", "defect identification", "defect diagnosis"
LEVELS = (STANDARD, IDENTIFICATION, DIAGNOSIS)
ENTRY = 5
"""Questions an entry of AD-PL has."""
_DEFECT = (
    "Is anything wrong with this <object>?",
    "Is {the <object>|this <object>} {defective|faulty}?",
    "Does the test image show {damage|a fault|an anomaly} that the golden image does not?",
)
_SOUND = (
    "Is {the|this} <object> free of defects?",
    "Can this <object> {be accepted|pass}?",
    "Is {everything|this <object>} in order?",
    "May this <object> be {shipped|released}?",
)
_AT = (
    "Does the test image differ from a good <object> at the <place>{, apart from light|}?",
    "Does anything differ at the <place>?",
    "Is the <object> changed at the <place>?",
)
_HAS = ("Does the test image show <a>?", "Is <a> to be seen{| on this <object>}?", "Does this <object> have <a>?")
_KINDS = ("Is there more than one kind of defect?", "Does the test image show several kinds of defect?")
_PERMITTED = ("Is <a> permitted on this <object>?", "Do the criteria {allow|accept} <a> here?")
_REJECT = ("Does this <object> have to be rejected{ for what is seen|}?",)
_BY_FACT = {
    "effect": (
        ("Is this what the defect seen here does: <clause>?", "Is the effect of what is seen this: <clause>?"),
        "which does this",
        "and that is what <a> does",
    ),
    "cause": (
        ("Is <clause> a {usual|likely} cause of the defect that is seen?",),
        "for which that is a usual cause",
        "and that is where <a> comes from",
    ),
    "appearance": (
        ("Is this what is seen: <clause>?", "Does this describe the defect: <clause>?"),
        "as described",
        "and the description is that of <a>",
    ),
}
"""By kind of fact: questions, what follows a yes and a no."""


def questions_of(view: View, level: str, rng: np.random.Generator) -> list[Question]:
    """Five questions at a level, no two alike; none where the image does not admit the level.

    A normal image has no diagnosis; a defect without a name has neither identification nor diagnosis.
    """
    nameless = any(s.type == UNNAMED for s in view.shown)
    if level != STANDARD and (nameless or set(view.lore.types) <= {UNNAMED} or (level == DIAGNOSIS and not view.shown)):
        return []
    makers = {STANDARD: _standard, IDENTIFICATION: _identification, DIAGNOSIS: _diagnosis}
    found: dict[str, Question] = {}
    # Verdicts in other words fill up what a level lacks, e.g. where a set has one type only.
    for question in [*makers[level](view, rng), *_verdicts(view, level, rng)]:
        found.setdefault(question.text.lower(), question)
    return list(found.values())[:ENTRY]


def verdict_question(
    view: View, rng: np.random.Generator, *, level: str = STANDARD, asks: Asks = "defect", text: str = ""
) -> Question:
    """Whether there is a defect (`asks` defect) or none (`sound`)."""
    bad, positive = view.bad(), asks == "defect"
    deciding = tolerance(view, view.shown[0].type)[0] if view.shown else ()
    if bad and deciding:  # over the limit; the mistake is to take it for within
        right, wrong = seen(view, bad[0], positive, rng), passed(view, bad[0], not positive, rng)
    elif bad:
        right, wrong = seen(view, bad[0], positive, rng), nothing(view, not positive, rng)
    elif view.shown:
        right = passed(view, view.shown[0], not positive, rng)
        wrong = seen(view, view.shown[0], positive, rng)
    else:
        right, wrong = nothing(view, not positive, rng), invented(view, positive, rng)
    return Question(text or VERDICT_QUESTION, view.truth(right.value, asks, level, deciding=deciding), right, wrong)


def _standard(view: View, rng: np.random.Generator) -> list[Question]:
    object = view.lore.object
    sound = [say(rng, _SOUND[i], object=object) for i in rng.permutation(len(_SOUND))]
    out = [verdict_question(view, rng), verdict_question(view, rng, asks="sound", text=sound[0])]
    if all(s.places for s in view.shown):  # normal images too: nothing differs anywhere
        out += [_place_question(view, yes, rng) for yes in (True, False)]
    return [*out, verdict_question(view, rng, asks="sound", text=sound[1])]


def _verdicts(view: View, level: str, rng: np.random.Generator) -> list[Question]:
    object = view.lore.object
    asks: list[tuple[Asks, str]] = [("defect", t) for t in _DEFECT] + [("sound", t) for t in _SOUND]
    texts = [(asks[i][0], say(rng, asks[i][1], object=object)) for i in rng.permutation(len(asks))]
    return [verdict_question(view, rng, level=level, asks=a, text=t) for a, t in texts]


def _identification(view: View, rng: np.random.Generator) -> list[Question]:
    there = list(dict.fromkeys(s.type for s in view.shown))
    absent = [t for t in view.lore.types if t not in there and t != UNNAMED]
    absent = [absent[i] for i in rng.permutation(len(absent))]
    out = [_type_question(view, t, rng) for t in there[:1]]
    out += [_type_question(view, t, rng) for t in absent[:1]]
    out.append(_kinds_question(view, absent, rng))
    if view.shown and all(s.places for s in view.shown):
        out.append(_place_question(view, bool(rng.random() < 0.5), rng, level=IDENTIFICATION))
    out += [_type_question(view, t, rng) for t in [*there[1:2], *absent[1:6]]]
    return out


def _diagnosis(view: View, rng: np.random.Generator) -> list[Question]:
    object, main = view.lore.object, (view.bad() or list(view.shown))[0]
    out = [_permitted_question(view, main, rng)]
    text = say(rng, _REJECT[0], object=object)
    out.append(verdict_question(view, rng, level=DIAGNOSIS, text=text))
    for kind in _BY_FACT:
        out += _fact_question(view, main, kind, rng)
    return out


def _permitted_question(view: View, main: Shown, rng: np.random.Generator) -> Question:
    allowed = main.type in view.permitted
    criteria = [f for f in view.facts if f.fact.kind == "criterion" and speaks_of(f, main.type)]
    deciding = tuple(f.id for f in criteria)[:1]
    place = main.places[0] if main.places else ""
    passed = Statement(True, main.type, str(rng.choice(ALLOWED)), place, True, "", view.region, deciding)
    refused = Statement(
        False, main.type, "no criterion permits it", place, False, "", view.region, deciding or cite(view, main.type)
    )
    if not allowed and deciding:
        refused = refused.but(reason="a criterion forbids it")
    text = say(rng, _PERMITTED[rng.integers(len(_PERMITTED))], a=called(view.lore, main.type), object=view.lore.object)
    truth = view.truth(allowed, "other", DIAGNOSIS, deciding=deciding)
    return Question(text, truth, passed if allowed else refused, refused if allowed else passed)


def _fact_question(view: View, main: Shown, kind: str, rng: np.random.Generator) -> list[Question]:
    """Whether a clause of a recalled fact fits the defect; none where no fact tells one."""
    templates, yes, no = _BY_FACT[kind]
    there = {s.type for s in view.shown}
    # A clause that both types share decides nothing.
    own = {t.clause for t in view.told if t.type == main.type}
    options = [
        (f"F{i}", t.type, t.clause)
        for i, t in enumerate(view.told, 1)
        if t.kind == kind and (t.type == main.type or (t.type not in there and t.clause not in own))
    ]
    if not options:
        return []
    id, type, clause = options[rng.integers(len(options))]
    value = type == main.type
    text = say(rng, templates[rng.integers(len(templates))], clause=clause)
    others = [t for t in view.lore.types if t not in there and t != UNNAMED]
    blamed = type if not value else str(others[rng.integers(len(others))]) if others else ""
    denied = say(rng, no, a=called(view.lore, blamed)) if blamed else "and not this"
    agrees = seen(view, main, True, rng, aside=yes).but(facts=(id,))
    differs = seen(view, main, False, rng, aside=denied).but(facts=(id,))
    truth = view.truth(value, "other", DIAGNOSIS, deciding=(id,))
    return [Question(text, truth, agrees if value else differs, differs if value else agrees)]


def _place_question(view: View, yes: bool, rng: np.random.Generator, level: str = STANDARD) -> Question:
    taken = {p: s for s in reversed(view.shown) for p in s.places}
    free = [p for p in PLACES if p not in taken]
    yes = bool(taken) and (yes or not free)
    asked = str(rng.choice(list(taken) if yes else free))
    text = say(rng, _AT[rng.integers(len(_AT))], place=asked, object=view.lore.object)
    truth = view.truth(yes, "place", level, asked)
    if yes:
        here = taken[asked]
        right = seen(view, here, True, rng, place=asked)
        elsewhere = str(rng.choice(free)) if free else ""
        wrong = (
            right.but(value=False, place=elsewhere, aside=f"not at the {asked}") if free else nothing(view, False, rng)
        )
    elif view.shown:
        right = seen(view, view.shown[0], False, rng, aside=f"not at the {asked}")
        wrong = seen(view, view.shown[0], True, rng, place=asked)
    else:
        right, wrong = nothing(view, False, rng), invented(view, True, rng).but(place=asked)
    return Question(text, truth, right, wrong)


def _type_question(view: View, type: str, rng: np.random.Generator) -> Question:
    name = called(view.lore, type)
    text = say(rng, _HAS[rng.integers(len(_HAS))], a=name, object=view.lore.object)
    hit = next((s for s in view.shown if s.type == type), None)
    truth = view.truth(hit is not None, "type", IDENTIFICATION, type)
    if hit is not None:
        return Question(text, truth, seen(view, hit, True, rng), nothing(view, False, rng))
    if not view.shown:
        return Question(text, truth, nothing(view, False, rng), invented(view, True, rng, type))
    main = view.shown[0]
    right = seen(view, main, False, rng, aside=f"not {name}")
    return Question(text, truth, right, seen(view, Shown(type, main.places), True, rng))


def _kinds_question(view: View, absent: Sequence[str], rng: np.random.Generator) -> Question:
    text = str(rng.choice(_KINDS))
    firsts = list({s.type: s for s in reversed(view.shown)}.values())[::-1]
    truth = view.truth(len(firsts) > 1, "other", IDENTIFICATION)
    if not firsts:
        return Question(text, truth, nothing(view, False, rng), invented(view, True, rng))
    one = seen(view, firsts[0], False, rng, aside="the only kind")
    if len(firsts) > 1:
        return Question(text, truth, listed(view, firsts[:2], rng), one)
    other = Shown(absent[0], (str(rng.choice(PLACES)),)) if absent else firsts[0]
    return Question(text, truth, one, listed(view, [firsts[0], other], rng))
