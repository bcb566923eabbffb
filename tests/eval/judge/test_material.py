"""What a judge reads: everything that was said, nothing that could be markup, no images; and the ids it may cite."""

from __future__ import annotations

import json

from sage_inspect.eval.judge.material import STRING, answer_material, trace_material
from sage_inspect.eval.predictions.prediction import Prediction, RecalledText, ShownDefect
from sage_inspect.schema import Claim, Step, Trace, Verdict, VerdictFact


def test_a_trace_step_by_step():
    claim = Claim(id="C1", subject="R1", defect=True, type="dent", text="Dent [F1].", facts=("F1",), regions=("R1",))
    output = {
        "facts": [{"id": "F1", "fact": {"id": "ab12", "text": "A dent is round."}, "score": 0.123456}],
        "comparison": {"regions": [{"id": "R1", "box": [1, 2, 3, 4]}], "test": {"sha256": "ff" * 32}, "heatmap": {}},
    }
    fact = VerdictFact(id="F2", text="Nuts are grey.", source="curated", score=1)
    verdict = Verdict(verdict="anomalous", probability=None, probability_source=None, facts=(fact,))
    found = trace_material(
        Trace(run="t", steps=(Step(id="S1", node="recall", output=output, claims=(claim,)),), verdict=verdict)
    )
    first, last = map(json.loads, found.lines)
    assert first["output"]["facts"][0]["score"] == 0.123 and first["claims"][0]["cites"] == ["R1", "F1"]
    assert "ffff" not in found.lines[0] and last["verdict"] == "anomalous"
    assert set(found.ids) == {"S1", "C1", "F1", "R1", "F2"}  # the store's key ab12 is none


def test_strings_are_harmless_and_their_cut_is_seen():
    long = "x" * 5000
    (line,) = trace_material(Trace(run="t", steps=(Step(id="<S1>", node="[n]", output={"<|a|>": long}),))).lines
    assert not set("<>[]|") & set(line.replace('"claims": []', "").replace('"after": []', ""))
    assert len(line) < STRING + 100 and "…" in line


def test_an_answer_by_sentences():
    found = answer_material(
        Prediction(
            id="1", question="Is it bent?", answer="True. Bent: at the rim [F1]. It may break.", truth=True, object="nut",
            facts=(RecalledText(id="F1", text="Rims bend."),), regions=("R1",), shown=(ShownDefect(type="bent"),),
        )
    )  # fmt: skip
    lines = list(map(json.loads, found.lines))
    assert [line["sentence"] for line in lines if "sentence" in line] == ["A1", "A2", "A3"]
    assert {"truth": True} in lines and {"fact": "F1", "says": "Rims bend."} in lines
    assert set(found.ids) == {"A1", "A2", "A3", "F1", "R1"}
