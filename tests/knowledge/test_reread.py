"""What the new words of a fact mean for its kind, what it permits and its limit."""

from __future__ import annotations

from sage_inspect.knowledge.limits import read_criterion
from sage_inspect.knowledge.reread import reread

from .nuts import nut

LIMIT = "Dents up to 3 mm are acceptable."
RULE = nut("Dents are acceptable on this part.", "criterion", allows=("dent",))


def test_new_words_permit_and_limit_what_they_say():
    assert reread(RULE, text=LIMIT) == {"text": LIMIT, "allows": (), "criterion": read_criterion(LIMIT)}
    limit = nut(LIMIT, "criterion", criterion=read_criterion(LIMIT))
    assert reread(limit, text=RULE.text) == {"text": RULE.text, "allows": ("dent",), "criterion": None}


def test_what_a_person_says_goes_before_what_the_words_say():
    assert reread(RULE, text=LIMIT, allows=["burr", " "])["allows"] == ("burr",)
    assert reread(RULE, allows=[]) == {"allows": ()}  # and the limit stays


def test_the_kind_decides_whether_there_is_anything_to_read():
    assert reread(RULE, kind="normal") == {"kind": "normal", "allows": (), "criterion": None}
    plain = nut(RULE.text)
    assert reread(plain, kind="criterion") == {"kind": "criterion", "allows": ("dent",), "criterion": None}
    assert reread(plain, text=LIMIT) == {"text": LIMIT, "allows": (), "criterion": None}  # it is no criterion


def test_another_object_changes_nothing_else():
    assert reread(RULE, object="bolt") == {"object": "bolt"} and reread(RULE) == {}
