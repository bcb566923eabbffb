"""Self-guided facts: where the store knows too little about an object, the model itself is asked (method.md, SFE)."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import BadInput
from ..prompts import self_guide_prompt
from ..schema import Fact
from .fact import infer_kind, make_fact
from .facts import FactStore
from .objects import normal_name
from .sentences import split_sentences, strip_marks, why_not

MAX_FACTS = 12
"""More sentences than this from one answer are not kept: a model that rambles must not fill the store."""

_UNKNOWN = re.compile(
    r"\W*(?:(?:it is |this is |object (?:is )?)?unknown\b|i (?:do not|don't|cannot|can't|am not)\b|none\b|n/a\b|"
    r"sorry\b|as an ai\b)",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\W*(?:here (?:is|are)|sure\b|certainly|of course|the following|below (?:is|are)|let me|i hope|note that)",
    re.IGNORECASE,
)


def extract_facts(object: str, generate: Callable[[str], str], *, model: str) -> tuple[Fact, ...]:
    """Ask the model once which defects an object tends to have; its valid sentences as `generated` facts, at most 12.

    Args:
        generate: prompt to answer.
        model: the model's name or digest, kept as the facts' origin.

    Returns:
        () where it says that it does not know. Dropped are lines that are blank, too short or long, said twice
        (spacing, case and the final stop do not count), questions, talk ("Here are ...") and headings. No sentence
        becomes a criterion: what is acceptable is for people to say.

    Raises:
        BadInput: the object has no name.
    """
    name = normal_name(object)
    if not name:
        raise BadInput("object ''", "facts need an object to be about", "name the object")
    facts: dict[str, Fact] = {}
    for line in generate(self_guide_prompt(name)).splitlines():
        words = strip_marks(re.sub(r"^\s*#+\s*", "", line))
        if _UNKNOWN.match(words):
            if facts:
                continue
            return ()
        for sentence in split_sentences(words):
            key = re.sub(r"\W+", " ", sentence.lower()).strip()
            if key in facts or len(facts) >= MAX_FACTS or not _claims(sentence):
                continue
            kind = infer_kind(sentence, name)
            kind = "defect" if kind == "criterion" else kind
            facts[key] = make_fact(sentence, name, kind, source="generated", origin=model)
    return tuple(facts.values())


def ensure_facts(store: FactStore, object: str, generate: Callable[[str], str], *, model: str, minimum: int = 3) -> int:
    """See to it that the store knows something about an object; how many times the model was called: 0 or 1.

    0 where the store holds at least `minimum` facts on it or on what it is a kind of, or where this model was asked
    before, whatever it said.
    If `generate` fails its error passes through and nothing is marked: the next inspection asks again.
    """
    name = normal_name(object)
    if not name or store.count(name, inherited=True) >= minimum or store.was_asked(name, model):
        return 0
    facts = extract_facts(name, generate, model=model)
    if facts:
        store.add(facts, by=model, screen=True)
    store.mark_asked(name, model)
    return 1


def _claims(sentence: str) -> bool:
    """True for a statement of at least three words that can stand alone as a fact."""
    if why_not(sentence) or sentence.rstrip("\"') ").endswith(("?", ":")):
        return False
    return len(sentence.split()) >= 3 and not _TALK.match(sentence) and not _UNKNOWN.match(sentence)
