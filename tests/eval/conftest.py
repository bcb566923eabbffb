"""A small correct trace, written by hand: two regions, one a spur, the other sound; three facts."""

from __future__ import annotations

import hashlib

import pytest

from sage_inspect.eval.labels import LabelledDefect, Labels
from sage_inspect.eval.mutants import Mutant, mutants_of
from sage_inspect.eval.trace_file import digest_of
from sage_inspect.schema import Box, Claim, Defect, ImageRef, Step, Trace, Verdict, VerdictFact

TEST = ImageRef(sha256="a" * 64, width=640, height=480)
SPUR, SOUND = Box(100, 100, 150, 140), Box(400, 300, 440, 330)


def _fact(id: str, text: str) -> dict:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "id": id,
        "fact": {"id": f"k{id}", "text": text, "object": "pcb", "kind": "effect", "digest": digest},
        "score": 0.5,
    }


def _step(id: str, node: str, *parents: str, **more) -> Step:
    output = more.pop("output", {})
    return Step(id=id, node=node, parents=parents, output=output, output_digest=digest_of(output), **more)


def build_trace() -> Trace:
    facts = [_fact("F1", "A spur shortens the gap."), _fact("F2", "An open breaks R1."), _fact("F3", "Pads are round.")]
    regions = [
        {"id": "R1", "box": list(SPUR), "score": 0.9, "change": "added"},
        {"id": "R2", "box": list(SOUND), "score": 0.4, "change": "altered"},
    ]
    shown = TEST.model_dump(mode="json", exclude_defaults=True)
    comparison = {
        "test": shown, "references": [shown], "score": 0.9, "regions": regions,
        "registration": {"method": "identity", "confidence": 1.0},
    }  # fmt: skip
    spur = Claim(
        id="C1", subject="R1", defect=True, type="spur", text="Spur at the upper left [R1] [F1].",
        regions=("R1",), facts=("F1",),
    )  # fmt: skip
    sound = Claim(id="C2", subject="R2", defect=False, text="No defect is seen here [R2].", regions=("R2",))
    verdict = Claim(
        id="CV", subject="R1", defect=True, type="spur", text="True. Spur: upper left [R1] [F1].",
        regions=("R1",), facts=("F1",),
    )  # fmt: skip

    def finding(claim: Claim, where: str, p_true: float) -> dict:
        return {
            "region": claim.subject, "place": where, "p_true": p_true, "familiar": True, "crop": shown,
            "answer": f"{claim.defect}. {claim.text}", "claim": claim.model_dump(mode="json", exclude_defaults=True),
        }  # fmt: skip

    concluded = Verdict(
        verdict="anomalous", probability=0.98, probability_source="p_true", p_true=0.98,
        defects=(Defect(type="spur", box=SPUR, score=0.98, claim="Spur at the upper left.", facts=("F1",), region="R1"),),
        answer=verdict.text, question="Is there a defect?", object="pcb",
        facts=tuple(VerdictFact(id=f["id"], text=f["fact"]["text"], source="curated", score=0.5) for f in facts),
        claims=(spur, sound, verdict), test=TEST,
    )  # fmt: skip
    asked = {"question": "Is there a defect?"}
    steps = (
        _step("S1", "intake", input={"test": shown}, output={"images": {"test": shown}}),
        _step("S2", "recall", "S1", input=asked, output={"facts": facts}),
        _step("S3", "compare", "S1", input={"images": {"test": shown}}, output={"comparison": comparison}),
        _step("S4", "plan", "S2", "S3", output={"plan": {"route": "regions", "regions": ["R1", "R2"]}}),
        _step("S5", "examine", "S4", subject="R1", input={"region": regions[0], "facts": [["F1", "kF1"]]},
              output={"findings": [finding(spur, "upper left", 0.98)]}, claims=(spur,)),
        _step("S6", "examine", "S4", subject="R2", input={"region": regions[1]},
              output={"findings": [finding(sound, "lower right", 0.02)]}, claims=(sound,)),
        _step("S7", "reason", "S5", "S6", input=asked, claims=(verdict,),
              output={"reasoning": {"verdict": verdict.model_dump(mode="json", exclude_defaults=True), "p_true": 0.9}}),
        _step("S8", "conclude", "S7", output={"verdict": concluded.model_dump(mode="json", exclude_defaults=True)}),
    )  # fmt: skip
    return Trace(run="by-hand", steps=steps, verdict=concluded)


@pytest.fixture
def trace() -> Trace:
    return build_trace()


def build_labels() -> Labels:
    return Labels(label="anomalous", types=("spur",), defects=(LabelledDefect(box=Box(98, 98, 152, 142), type="spur"),))


@pytest.fixture
def labels() -> Labels:
    return build_labels()


@pytest.fixture
def mutants(trace, labels) -> dict[str, Mutant]:
    """Every mutant of the trace, by variant."""
    return {m.variant: m for m in mutants_of(trace, labels)}


@pytest.fixture
def step():
    """A step of a trace by id."""
    return lambda trace, id: next(s for s in trace.steps if s.id == id)
