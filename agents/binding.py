"""Binding what a model said to what is known: citations that fit, and acceptance criteria that decide.

A model names what it sees. Whether the named type is acceptable on this object is not its decision where a person wrote
a criterion down, and a citation is only kept where the fact speaks of what is claimed. The model's own words stay in
`Finding.answer`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..eval.checks.citations import speaks_of
from ..eval.checks.criteria import permits
from ..schema import Claim, Finding, RecalledFact
from .grounding import listed


def bind_citations(claim: Claim, facts: Sequence[RecalledFact]) -> Claim:
    """The claim with the citations that speak of its type; where none of them does, the most relevant fact that does.

    A claim that names no type cites nothing: there is nothing that a fact about a type could ground.
    """
    known = {f.id: f for f in facts}
    fitting = [f for f in claim.facts if f in known and speaks_of(known[f], claim.type)]
    if not fitting:
        fitting = [f.id for f in facts if speaks_of(f, claim.type) and f.fact.source != "generated"][:1]
    text = re.sub(r"\s*\[F\d+\]", "", claim.text).rstrip()
    marks = "".join(f" [{f}]" for f in fitting)
    text = f"{text[:-1]}{marks}." if text.endswith(".") else f"{text}{marks}"
    return claim.model_copy(update={"facts": tuple(fitting), "text": text})


def apply_criteria(claim: Claim, facts: Sequence[RecalledFact]) -> tuple[Claim, str]:
    """The claim as the recalled acceptance criteria want it, and the id of the one that overruled it ("" if none).

    Only a curated or expert criterion overrules a model; a generated one would be the model citing itself.
    """
    if not claim.defect or not claim.type:
        return claim, ""
    for fact in facts:
        if fact.fact.kind == "criterion" and fact.fact.source != "generated" and claim.type in fact.fact.allows:
            text = f"{claim.type.capitalize()}, allowed: [{fact.id}] permits it on this object [{claim.subject}]."
            update = {"defect": False, "facts": (fact.id,), "text": text}
            return claim.model_copy(update=update), fact.id
    return claim, ""


def bind_permission(claim: Claim, facts: Sequence[RecalledFact]) -> Claim:
    """A type that a small model passes as allowed where no recalled criterion gives leave: it stays a defect.

    Its P(True) stays low, so that alone it makes the verdict uncertain.
    """
    if claim.defect is not False or claim.type is None or any(permits(f, claim.type) for f in facts):
        return claim
    text = f"{claim.type.capitalize()}; no recalled criterion permits it [{claim.subject}]."
    return claim.model_copy(update={"defect": True, "text": text})


def bind_verdict(claim: Claim, findings: Sequence[Finding]) -> Claim:
    """An affirmed verdict with its types, places and citations taken from the findings it affirms.

    For a model too small to copy a list without slips; what it says (True or False) stays its own.
    """
    defects = [f for f in findings if f.claim.defect]
    if not claim.defect or not defects:
        return claim
    cited = tuple(dict.fromkeys(c for f in defects for c in f.claim.facts))
    told = listed(defects)
    update = {
        "text": f"True. {told[0].upper()}{told[1:]}{''.join(f' [{c}]' for c in cited)}.",
        "type": defects[0].claim.type if len({f.claim.type for f in defects}) == 1 else None,
        "subject": defects[0].region if len(defects) == 1 else "image",
        "regions": tuple(f.region for f in defects),
        "facts": cited,
    }
    return claim.model_copy(update=update)


def ruled_verdict(findings: Sequence[Finding]) -> Claim:
    """The verdict that follows from findings which criteria decided: True where one is a defect, else False."""
    if any(f.claim.defect for f in findings):
        return Claim(id="CV", subject="image", defect=True, text="True.")
    regions = tuple(f.region for f in findings)
    cited = tuple(dict.fromkeys(f.overruled for f in findings if f.overruled))
    marks = "".join(f" [{mark}]" for mark in (*regions, *cited))
    text = f"False. No defect: what differs is allowed{marks}." if cited else f"False. No defect{marks}."
    return Claim(id="CV", subject="image", defect=False, text=text, regions=regions, facts=cited)
