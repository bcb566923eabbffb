"""The demo's verdict is right, and computed: it follows the images and the facts. All with the model that ships."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sage_inspect.agents.api import Session, inspect
from sage_inspect.agents.policy import Policy
from sage_inspect.agents.stores import open_stores
from sage_inspect.examples.demo import QUESTION, SEED
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.knowledge.fact import make_fact
from sage_inspect.schema import Box

BOARD = "printed circuit board"


@pytest.fixture(scope="module")
def drawn():
    """The demo's test image, golden image and what was planted."""
    return draw_pair(SEED, defects=3)


@pytest.fixture
def stores(seeded_home):
    return open_stores()


def by_type(verdict, planted):
    """Types as told, by planted type, for the defect that lies on each planted box."""
    told = {}
    for box, kind in planted:
        on = [
            d for d in verdict.defects if d.box.x1 <= box.center[0] < d.box.x2 and d.box.y1 <= box.center[1] < d.box.y2
        ]
        told[kind] = [d.type for d in on]
    return told


def test_it_finds_and_names_what_was_planted_and_nothing_else(drawn, stores):
    test, golden, planted = drawn
    verdict = inspect(test, references=golden, question=QUESTION, stores=stores)
    assert verdict.verdict == "anomalous"
    assert verdict.probability_source == "p_true" and verdict.probability > 0.6
    assert by_type(verdict, planted) == {kind: [kind] for _, kind in planted}
    assert len(verdict.defects) == len(planted)
    assert verdict.answer.startswith("True")
    assert not [c for c in verdict.checks if c.severity == "error"]
    assert verdict.object == BOARD
    texts = {f.id: f.text.lower() for f in verdict.facts}
    cited = [f for d in verdict.defects for f in d.facts]
    assert cited, "what is known about such defects is cited"
    assert set(cited) <= set(texts)


def test_equal_images_are_normal(drawn, stores):
    verdict = inspect(drawn[1], references=drawn[1], question=QUESTION, stores=stores)
    assert (verdict.verdict, verdict.defects) == ("normal", ())
    assert verdict.answer.startswith("False")


def test_swapped_images_turn_the_defect(drawn, stores):
    test, golden, planted = drawn
    verdict = inspect(golden, references=test, stores=stores)
    told = by_type(verdict, planted)
    added = {"short", "spur", "spurious copper"}
    for kind, types in told.items():
        assert types, f"the place of the {kind} still differs"
        assert kind not in types
        assert all((t in added) != (kind in added) for t in types if t != "unnamed difference"), (kind, types)


def test_without_facts_nothing_is_cited(drawn, stores):
    verdict = inspect(drawn[0], references=drawn[1], question=QUESTION, stores=stores, policy=Policy(facts=0))
    assert verdict.facts == ()
    assert not any(c.facts for c in verdict.claims)
    assert "[F" not in verdict.answer


def test_a_fact_that_contradicts_the_criterion_changes_the_claim(drawn, stores):
    test, golden, planted = drawn
    before = inspect(test, references=golden, stores=stores)
    stores.facts.add([make_fact("Pin-holes are acceptable on this board.", BOARD, "criterion", allows=("pin-hole",))])
    after = inspect(test, references=golden, stores=stores)
    place = next(box for box, kind in planted if kind == "pin-hole")

    def claim(verdict):
        regions = [r for r in verdict.claims if r.type == "pin-hole" and r.id not in ("CV", "CA")]
        return regions[0]

    assert claim(before).defect is True
    assert claim(after).defect is False
    allowing = next(f.id for f in after.facts if f.text == "Pin-holes are acceptable on this board.")
    assert allowing in claim(after).facts
    assert "pin-hole" in [d.type for d in before.defects]
    assert "pin-hole" not in [d.type for d in after.defects]
    assert not any(d.box.iou(Box(*place)) for d in after.defects)


def test_the_wrong_golden_image_is_no_storm_of_defects(drawn, stores):
    other = draw_pair(SEED + 1, defects=0)[1]
    verdict = inspect(drawn[0], references=other, stores=stores)
    assert verdict.verdict == "uncertain"
    assert verdict.defects == ()


def test_a_session_answers_on(drawn, stores):
    session = Session(drawn[0], references=drawn[1], stores=stores)
    first = session.ask(QUESTION)
    assert first.answer.startswith("True. ")
    second = session.ask("Does the test image show a defect?")
    assert (second.verdict, second.defects) == (first.verdict, first.defects)
    texts = {f.id: f.text for f in first.facts}
    assert texts.items() <= {f.id: f.text for f in second.facts}.items(), "F1 stays F1"


def test_the_command_runs_and_says_where_the_report_lies(seeded_home):
    done = subprocess.run(
        [sys.executable, "-m", "sage_inspect.examples.demo"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ANOMALOUS" in done.stdout
    assert "report.html" in done.stdout
