"""Binding what a model said to what is known: citations that fit, and acceptance criteria that decide.

A model names what it sees. Whether the named type is acceptable on this object is not its decision where a person wrote
a criterion down, and a citation is only kept where the fact speaks of what is claimed. The model's own words stay in
`Finding.answer`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..schema import Claim, Finding, RecalledFact


def speaks_of(fact: RecalledFact, kind: str | None) -> bool:
    """True where a fact names a type of defect: "pin-hole" in "Pin-holes weaken it.", not "short" in "shortage"."""
    if not kind:
        return False
    words = re.escape(_plain(kind)).replace(r"\ ", r"\s+")
    return bool(re.search(rf"\b{words}(s|es)?\b", _plain(fact.fact.text)))


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


def bind_answer(claim: Claim, value: bool | None, findings: Sequence[Finding]) -> Claim:
    """An answer over several findings with its places and citations taken from the findings, not from memory.

    For a model too small to copy a list without slips: the types are the ones it names, the regions and places are
    those where its own findings say so. An answer with a type that no finding has is left as it is (the checks object).
    """
    defects = [f for f in findings if f.claim.defect and f.claim.type]
    if not value or not defects:
        return claim
    words = _plain(claim.text)
    named = [f for f in defects if re.search(rf"\b{re.escape(_plain(f.claim.type or ''))}s?\b", words)]
    if not named:
        if claim.type:
            return claim
        named = defects
    listed = "; ".join(f"{(f.claim.type or '').capitalize()}: {f.place} [{f.region}]" for f in named)
    cited = list(dict.fromkeys(c for f in named for c in f.claim.facts))
    marks = "".join(f" [{c}]" for c in cited)
    update = {
        "text": f"True. {listed}{marks}.",
        "type": named[0].claim.type if len({f.claim.type for f in named}) == 1 else None,
        "subject": named[0].region if len(named) == 1 else "image",
        "regions": tuple(f.region for f in named),
        "facts": tuple(cited),
    }
    return claim.model_copy(update=update)


def _plain(text: str) -> str:
    return text.lower().replace("-", " ")
