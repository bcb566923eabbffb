"""examine: one branch a region. The model sees the zoomed pair and the facts that fit, and says what it is."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from ...eval.checks.limits import limits_on
from ...images import ImageStore
from ...knowledge.facts import FactStore
from ...prompts import examine_prompt, in_trained_words, place
from ...schema import Claim, Finding, ImageRef, RecalledFact, Region
from ...tools.zoom import zoom
from ..binding import apply_criteria, bind_citations, bind_permission
from ..limits import apply_limits, sizes
from ..policy import Policy
from ..speak import Spoken, ask
from ..state import RegionBranch, dump
from ..view import reads_regions_only


def examine(
    branch: RegionBranch, *, model: BaseChatModel, images: ImageStore, facts: FactStore, policy: Policy
) -> dict[str, Any]:
    """Judge one region: defect or not, of which type, on which facts.

    Where the model does not know this kind of image, the finding says so and names nothing: the difference stands.
    Where it knows such images and not this object, it tells a defect from a harmless difference and names none.
    """
    region = Region.model_validate(branch["region"])
    test = ImageRef.model_validate(branch["test"])
    crop = zoom(test, region.box, images=images)
    aligned = ImageRef.model_validate(branch["aligned"]) if branch["aligned"] else None
    golden_crop = zoom(aligned, region.box, images=images) if aligned else None
    where = place(region.box, test.width, test.height)
    seen = Finding(
        region=region.id,
        place=where,
        p_true=None,
        familiar=False,
        crop=crop,
        reference_crop=golden_crop,
        answer="",
        claim=_unnamed(region, where),
    )
    if not branch["familiar"]:
        return {"findings": [dump(seen)]}
    known = facts.get_many([key for _, key in branch["facts"]])
    recalled = [RecalledFact(id=id, fact=known[key], score=1.0) for id, key in branch["facts"] if key in known]
    shown = [crop, golden_crop] if golden_crop else [crop]
    # What a criterion permits is applied below, by rule; the model is asked what it sees, not whether that is allowed.
    told = [f for f in recalled if not f.fact.allows]
    small = reads_regions_only(model)
    spoken = ask(model, images, shown, examine_prompt(in_trained_words(region) if small else region, where, told))
    if not spoken.familiar:
        return {"findings": [dump(seen)]}
    said_of = _claim(region, where, spoken) if branch["recognised"] else _untyped(region, where, spoken)
    if small:  # it was shown one region: another id in its words is a slip, not evidence
        said_of = bind_permission(said_of.model_copy(update={"regions": (region.id,)}), recalled)
    claim, overruled = apply_criteria(bind_citations(said_of, recalled), recalled)
    limited = claim.type is not None and bool(limits_on(claim.type, recalled))
    measured = sizes(region, test, aligned, images, policy.scale()) if limited else ()
    claim, within = apply_limits(claim, recalled, measured)
    said = {
        "p_true": spoken.p_true,
        "familiar": True,
        "answer": spoken.words,
        "claim": claim,
        "overruled": (overruled or within) if claim.defect is False else "",
        "measured": measured,
    }
    return {"findings": [dump(seen.model_copy(update=said))]}


def _claim(region: Region, where: str, spoken: Spoken) -> Claim:
    """The model's answer as a claim about this region; it cites the region by nature, and the facts as it said."""
    answer = spoken.answer
    return Claim(
        id=f"C{region.id[1:]}",
        subject=region.id,
        defect=answer.value,
        type=answer.type,
        text=answer.text or f"The answer about the {where} could not be read.",
        regions=tuple(dict.fromkeys((region.id, *answer.regions))),
        facts=answer.facts,
    )


def _untyped(region: Region, where: str, spoken: Spoken) -> Claim:
    said = {True: "Defect", False: "No defect", None: "Differs from the golden image"}[spoken.answer.value]
    return Claim(
        id=f"C{region.id[1:]}",
        subject=region.id,
        defect=spoken.answer.value,
        text=f"{said} at the {where}; the model does not know this object and names none [{region.id}].",
        regions=(region.id,),
    )


def _unnamed(region: Region, where: str) -> Claim:
    return Claim(
        id=f"C{region.id[1:]}",
        subject=region.id,
        defect=None,
        text=f"Differs from the golden image at the {where} ({region.told}, difference {region.score:.2f}); "
        f"the model does not know this kind of image [{region.id}].",
        regions=(region.id,),
    )
