"""The anchors of the answer scale, one by one; S drops what does not exist; an unread answer is unscored."""

from __future__ import annotations

import pytest

from sage_inspect.eval.answer_scale import Shown, Truth, score_answer
from sage_inspect.schema import Fact, RecalledFact


def fact(id: str, text: str, kind: str = "appearance", allows: tuple[str, ...] = ()) -> RecalledFact:
    return RecalledFact(id=id, fact=Fact(id=id, text=text, object="nut", kind=kind, allows=allows), score=1)


FACTS = (
    fact("F1", "A scratch is a thin bright line."),
    fact("F2", "A dent is a dark hollow."),
    fact("F3", "A good nut is evenly grey.", "normal"),
    fact("F4", "A scratch often comes from rough handling.", "defect"),
)
SCRATCH = Truth(True, shown=(Shown("scratch", ("upper left",)),), facts=FACTS, regions=("R1",))
NORMAL = Truth(False, facts=FACTS, regions=("R1",))
PERMIT = fact("F5", "Scratches are permitted on this nut.", "criterion", ("scratch",))
PERMITTED = Truth(
    False, shown=SCRATCH.shown, allowed=frozenset({"scratch"}), facts=(*FACTS, PERMIT), regions=("R1",)
)  # fmt: skip


def axes(text: str, truth: Truth):
    score = score_answer(text, truth)
    return score.identification, score.localization, score.logic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True. Scratch: a thin line at the upper left [R1] [F1].", (5, 5, 5)),
        ("Yes. Scratch: a thin line at the top left [F1].", (5, 5, 5)),  # other words for the same
        ("True. Scratch: a thin line at the upper left.", (5, 5, 4)),  # a fact fits and is not cited
        ("True. Scratch: a thin line at the upper left [F1] [F2].", (5, 5, 4)),  # a foreign one stands beside it
        ("True. Scratch: a thin line [R1] [F1].", (5, 4, 5)),  # the place by its region only
        ("True. Scratch: a thin line [F1].", (5, 2, 5)),
        ("True. A thin line runs at the upper left [F1].", (4, 5, 5)),  # which type it is, it does not say
        ("True.", (4, 2, 3)),
        ("True. Scratch: a thin line at the upper centre [F1].", (5, 3, 3)),  # a neighbour
        ("True. Scratch: a thin line at the lower right [F1].", (5, 1, 3)),
        ("True. Scratch: a thin line from the upper left to the lower right [F1].", (5, 3, 3)),
        ("True. Dent: a dark hollow at the upper left [F2].", (3, 5, 3)),
        ("True. Scratch: a thin line at the upper left [F2].", (5, 5, 2)),  # only a fact about something else
        ("True. Scratch: a thin line at the upper left [F9].", (5, 5, 2)),  # never recalled
        ("True. Scratch: a thin line at the upper left [R7] [F1].", (5, 5, 2)),  # never found
        ("True. Scratch: a thin line at the upper left, caused by a worn tool [F1].", (5, 5, 2)),
        ("True. Scratch: a thin line at the upper left, caused by rough handling [F4].", (5, 5, 5)),
        ("False. No defect: evenly grey [F3].", (1, 2, 2)),
        ("False. Scratch: a thin line at the upper left [F1].", (2, 5, 1)),  # its reason entails True
        ("True. No defect: evenly grey [F3].", (3, 2, 1)),
        ("False. Dent: a dark hollow at the lower right [F2].", (1, 1, 1)),
    ],
)
def test_anchors_of_a_defective_image(text, expected):
    assert axes(text, SCRATCH) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("False. No defect: evenly grey [F3].", (5, None, 5)),
        ("False. No defect: evenly grey.", (5, None, 4)),
        ("False.", (5, None, 3)),
        ("False. No defect: what differs is due to shaking in transport [F3].", (5, None, 2)),
        ("True. Scratch: a thin line at the centre [F1].", (1, None, 2)),
        ("False. Scratch: a thin line at the centre [F1].", (3, None, 1)),
    ],
)
def test_a_normal_image_has_no_localization(text, expected):
    assert axes(text, NORMAL) == expected
    known = [a for a in expected if a is not None]
    assert score_answer(text, NORMAL).score == pytest.approx(sum(known) / 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("False. Scratch, allowed: a criterion permits it at the upper left [F5].", (5, 5, 5)),
        ("False. Scratch, allowed: it is permitted at the upper left [R1].", (5, 5, 4)),
        ("True. Scratch: a thin line at the upper left [F1].", (2, 5, 2)),  # ignores the criterion
        ("False. Scratch: a thin line at the upper left [F1].", (5, 5, 1)),  # right, but its reason says the opposite
        ("False. No defect: evenly grey [F3].", (3, 2, 3)),  # right for the wrong reason
    ],
)
def test_a_criterion_decides(text, expected):
    assert axes(text, PERMITTED) == expected


def test_allowing_without_a_criterion_is_ungrounded():
    assert axes("False. Scratch, allowed: it is permitted [R1].", SCRATCH) == (2, 4, 2)


def test_the_question_decides_what_a_reason_entails():
    dent = Truth(False, "type", "dent", SCRATCH.shown, facts=FACTS)
    assert axes("False. Scratch: a thin line at the upper left, not a dent [F1].", dent) == (5, 5, 5)
    assert axes("True. Scratch: a thin line at the upper left [F1].", dent) == (2, 5, 1)
    there = Truth(True, "place", "upper left", SCRATCH.shown, facts=FACTS)
    assert axes("True. Scratch: a thin line at the upper left [F1].", there) == (5, 5, 5)
    assert axes("False. Scratch: a thin line at the upper left [F1].", there)[2] == 1
    sound = Truth(False, "sound", "", SCRATCH.shown, facts=FACTS)
    assert axes("False. Scratch: a thin line at the upper left [F1].", sound) == (5, 5, 5)
    assert axes("True. Scratch: a thin line at the upper left [F1].", sound) == (2, 5, 1)


@pytest.mark.parametrize("text", ["", "Maybe a scratch at the upper left.", "I cannot tell.", "0", "trueish"])
def test_an_unread_answer_is_unscored_and_never_zero(text):
    score = score_answer(text, SCRATCH)
    assert (score.identification, score.localization, score.logic, score.score, score.right) == (None,) * 5
    assert score.notes


def test_other_names_and_several_defects():
    shown = (Shown("pin-hole", ("centre",)), Shown("short", ("lower left", "centre left")))
    truth = Truth(True, shown=shown, names={"bridge": "short"})
    assert axes("True. Pin hole: bare spot at the centre.", truth) == (5, 5, 5)
    assert axes("True. Bridge: copper joins two tracks at the centre left.", truth) == (5, 5, 5)
    assert axes("True. Short: lower left; pin-hole: centre.", truth) == (5, 5, 5)
    # the place of the other defect is not this one's
    assert axes("True. Bridge: copper joins two tracks at the centre right.", truth)[1] == 1


def test_unknown_places_drop_localization():
    truth = Truth(True, shown=(Shown("scratch"),))
    assert axes("True. Scratch: a line at the centre.", truth) == (5, None, 5)


def test_a_parsed_answer_is_taken_too():
    from sage_inspect.answers import parse_answer

    text = "True. Scratch: a thin line at the upper left [F1]."
    assert score_answer(parse_answer(text), SCRATCH) == score_answer(text, SCRATCH)
