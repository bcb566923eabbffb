"""The whole graph on a real pair, with real comparison and stores and a scripted model."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from sage_inspect.agents.graph import NODES, _served_graph, build_inspection_graph, make_graph
from sage_inspect.agents.policy import Policy
from sage_inspect.errors import BadInput
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.schema import Verdict

from .conftest import sound


def run(model, stores, test, *references, question=None, object="pcb", policy=None, **more):
    refs = [stores.images.put(r).sha256 for r in references]
    start = {"test": stores.images.put(test).sha256, "references": refs, "question": question, "object": object, **more}
    return build_inspection_graph(model, stores=stores, policy=policy).compile().invoke(start)


def test_a_difference_is_examined_judged_and_cited(scripted, stores, pair):
    model = scripted()
    state = run(model, stores, *pair)
    verdict = Verdict.model_validate(state["verdict"])
    assert (verdict.verdict, verdict.probability_source) == ("anomalous", "p_true")
    assert verdict.p_true == pytest.approx(0.97)
    assert len(verdict.defects) == 1
    defect = verdict.defects[0]
    assert (defect.type, defect.region) == ("short", "R1")
    x1, y1, x2, y2 = defect.box
    assert x1 >= 30 and x2 <= 100 and y1 >= 76 and y2 <= 118, defect.box
    assert defect.facts and set(defect.facts) <= {f.id for f in verdict.facts}
    assert verdict.object == "printed circuit board"


def test_equal_images_need_no_region_branch(scripted, stores, pair):
    model = scripted()
    state = run(model, stores, pair[1], pair[1])
    assert state["verdict"]["verdict"] == "normal"
    assert not any("Does region [" in text for text in model.asked)
    assert state["plan"]["route"] == "reason"


def test_state_is_json_plain_and_holds_no_image(scripted, stores, pair):
    text = json.dumps(run(scripted(), stores, *pair))
    assert "base64" not in text
    assert len(text) < 20_000


def test_without_facts_nothing_is_cited(scripted, stores, pair):
    state = run(scripted(), stores, *pair, policy=Policy(facts=0))
    assert state["verdict"].get("facts", []) == []
    assert not state["verdict"]["defects"][0].get("facts")


def test_a_repair_round_is_spent_once_and_then_the_doubt_is_carried(scripted, stores, pair):
    def contrary(text):
        return sound(text) if "Does region [" in text else ("False. No defect: fine.", 0.02)

    model = scripted(contrary)
    state = run(model, stores, *pair)
    assert state["repairs"] == 1
    assert any("Your answer before was refused" in text for text in model.asked)
    assert state["verdict"]["verdict"] == "uncertain"
    assert "findings say True" in state["verdict"]["doubt"]


def test_a_repair_that_mends_is_believed(scripted, stores, pair):
    def mending(text):
        if "Does region [" in text or "refused" in text:
            return sound(text)
        return "False. No defect: fine.", 0.02

    state = run(scripted(mending), stores, *pair)
    assert state["repairs"] == 1
    assert state["verdict"]["verdict"] == "anomalous"
    assert not [c for c in state["checks"] if c["severity"] == "error"]


def test_a_criterion_decides_what_the_model_only_names(scripted, stores, pair):
    stores.facts.add([make_fact("Shorts are acceptable on this board.", "pcb", "criterion", allows=("short",))])
    model = scripted(lambda text: sound(text) if "Does region [" in text else ("False. No defect: permitted.", 0.02))
    verdict = Verdict.model_validate(run(model, stores, *pair)["verdict"])
    assert (verdict.verdict, verdict.defects, verdict.probability_source) == ("normal", (), "criterion")
    claim = next(c for c in verdict.claims if c.id == "C1")
    allowing = next(f.id for f in verdict.facts if f.text == "Shorts are acceptable on this board.")
    assert (claim.defect, claim.type, claim.facts) == (False, "short", (allowing,))
    assert not any("Shorts are acceptable" in text for text in model.asked if "Does region [" in text)


def test_a_region_passed_against_the_criteria_is_looked_at_again_with_only_what_bears_on_it(scripted, stores, pair):
    looks = []

    def lenient(text):
        if "Does region [" in text:
            looks.append(text)
        if "Does region [" in text and len(looks) == 1:
            return "False. Short, allowed: it does not matter [R1].", 0.02
        return sound(text)

    state = run(scripted(lenient), stores, *pair)
    assert len(looks) == 2
    assert looks[1].count("[F") < looks[0].count("[F")
    verdict = Verdict.model_validate(state["verdict"])
    assert verdict.verdict == "anomalous"
    assert len(state["findings"]) == 2, "both looks stay in the trace"
    assert len([c for c in verdict.claims if c.id == "C1"]) == 1


def test_an_answer_that_no_finding_supports_is_not_given(scripted, stores, pair):
    def inventive(text):
        return ("True. Open: a conductor is broken [R1].", 0.97) if "broken?" in text else sound(text)

    verdict = Verdict.model_validate(
        run(scripted(inventive), stores, *pair, question="Is a conductor broken?")["verdict"]
    )
    assert verdict.answer.startswith("Unknown: the answer affirms open")
    assert verdict.verdict == "anomalous", "what the findings say of the part stands"


def test_an_unread_answer_is_no_verdict(scripted, stores, pair):
    state = run(scripted(lambda text: "I am a teapot."), stores, *pair)
    verdict = Verdict.model_validate(state["verdict"])
    assert verdict.verdict == "uncertain"
    assert verdict.probability is None
    assert verdict.defects == ()


def test_a_model_that_does_not_know_the_image_names_nothing_but_the_difference_stands(scripted, stores, pair):
    state = run(scripted(familiarity=0.001), stores, *pair, object=None)
    verdict = Verdict.model_validate(state["verdict"])
    assert verdict.object is None
    assert verdict.p_true is None
    assert verdict.probability_source == "comparison"
    assert [d.type for d in verdict.defects] == ["unnamed difference"]
    assert "does not know" in verdict.doubt


def test_images_that_do_not_compare_are_not_reasoned_about(scripted, stores, pair):
    model = scripted()
    other = np.random.default_rng(0).integers(0, 255, (200, 240), dtype=np.uint8)
    verdict = Verdict.model_validate(run(model, stores, pair[0], other)["verdict"])
    assert (verdict.verdict, verdict.probability, verdict.defects, verdict.claims) == ("uncertain", None, (), ())
    assert verdict.answer.startswith("Unknown: ")
    assert model.asked == []


def test_a_follow_up_question_keeps_the_numbers_of_facts(scripted, stores, pair):
    graph = build_inspection_graph(scripted(), stores=stores).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    refs = [stores.images.put(pair[1]).sha256]
    first = graph.invoke({"test": stores.images.put(pair[0]).sha256, "references": refs, "object": "pcb"}, config)
    second = graph.invoke({"question": "Is there a pin-hole?"}, config)
    assert second["facts"][: len(first["facts"])] == first["facts"]
    assert len({f["fact"]["id"] for f in second["facts"]}) == len(second["facts"]) > len(first["facts"])
    assert [f["id"] for f in second["facts"]] == [f"F{i + 1}" for i in range(len(second["facts"]))]


def test_zero_shot_says_so_and_a_region_model_does_not_guess(scripted, stores, pair):
    seen = Verdict.model_validate(run(scripted(), stores, pair[0])["verdict"])
    assert seen.reference is None
    assert seen.verdict == "normal"  # the scripted model judged the whole image by itself
    blind = Verdict.model_validate(run(scripted(regions_only=True), stores, pair[0])["verdict"])
    assert blind.verdict == "uncertain"
    assert "no golden image" in blind.doubt


def test_the_library_gives_the_golden_image_where_none_was_given(scripted, stores, pair):
    stores.golden.add("pcb", [pair[1]])
    verdict = Verdict.model_validate(run(scripted(), stores, pair[0])["verdict"])
    assert verdict.reference is not None
    assert verdict.reference.chosen == "library"
    assert verdict.verdict == "anomalous"


def test_the_object_is_found_from_golden_neighbours(scripted, stores, pair):
    stores.golden.add("ladder board", [pair[1]])
    state = run(scripted(), stores, *pair, object=None)
    assert (state["object"], state["object_source"]) == ("ladder board", "golden")


def test_a_knowledge_question_is_answered_from_facts_without_inspection(scripted, stores, pair):
    model = scripted(lambda text: "Short and open [F1].")
    state = run(model, stores, *pair, question="Which defects can occur on this part?")
    assert state["plan"]["route"] == "knowledge"
    assert state["verdict"]["answer"] == "Short and open [F1]."
    assert state["verdict"]["verdict"] == "uncertain"
    assert len(model.asked) == 1


def test_an_empty_question_is_refused(scripted, stores, pair):
    with pytest.raises(BadInput, match="empty"):
        run(scripted(), stores, *pair, question="   ")


def test_the_strongest_regions_come_first_and_the_rest_is_left_out(scripted, stores, pair):
    test = pair[0].copy()
    test[150:164, 144:184] = 0
    state = run(scripted(), stores, test, pair[1], policy=Policy(max_regions=1))
    assert [f["region"] for f in state["findings"]] == ["R1"]
    assert "1 weaker ones left out" in state["plan"]["why"]


def test_review_interrupts_and_a_correction_becomes_a_fact_and_a_preference(scripted, stores, pair):
    def unsure(text):
        return ("True. Short: maybe [R1].", 0.5) if "region [" in text or "R1" in text else sound(text)

    graph = build_inspection_graph(scripted(unsure), stores=stores).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    refs = [stores.images.put(pair[1]).sha256]
    start = {"test": stores.images.put(pair[0]).sha256, "references": refs, "object": "pcb", "review": True}
    waiting = graph.invoke(start, config)
    assert "too close to call" in waiting["__interrupt__"][0].value["why"]
    asked_again = graph.invoke(Command(resume={"verdict": "perhaps"}), config)
    assert "review answer verdict" in asked_again["__interrupt__"][0].value["problem"]
    note = "A bridge between the two left conductors is harmless on this board."
    state = graph.invoke(Command(resume={"verdict": "normal", "note": note, "reviewer": "eva"}), config)
    verdict = Verdict.model_validate(state["verdict"])
    assert (verdict.verdict, verdict.reviewed, verdict.probability_source) == ("normal", True, "review")
    kept = next(f for f in stores.facts.list("pcb") if f.text == note)
    assert (kept.source, kept.origin) == ("expert", "review by eva")
    line = json.loads(stores.preferences.read_text())
    assert line["chosen"].startswith("False. No defect:")
    assert line["rejected"] == "True. Short: maybe [R1]."
    assert line["image"] == [verdict.test.sha256, refs[0]]


def test_self_guided_facts_are_generated_once(scripted, stores, pair):
    def guide(text):
        if "write: unknown" in text:
            return "A gasket may show a crack that crosses its rim.\nA gasket may be worn thin on one side.\nA gasket can swell."
        return sound(text)

    model = scripted(guide)
    first = run(model, stores, *pair, object="gasket")
    again = run(model, stores, *pair, object="gasket")
    assert sum("write: unknown" in text for text in model.asked) == 1
    assert {f["fact"]["source"] for f in first["facts"]} == {"generated"}
    assert first["facts"] == again["facts"]


def test_dev_server_factory_builds_every_node(monkeypatch):
    monkeypatch.setattr("sage_inspect.agents.graph.load_model", lambda name: None)
    _served_graph.cache_clear()
    try:
        assert set(NODES) <= set(asyncio.run(make_graph()).get_graph().nodes)
    finally:
        _served_graph.cache_clear()
