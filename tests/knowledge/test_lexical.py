from __future__ import annotations

import pytest

from sage_inspect.knowledge.facts import FactStore
from sage_inspect.knowledge.lexical import RELATED, Lexicon

from .nuts import NUT, nut, texts


def test_the_rarer_word_weighs_more_and_the_best_is_one():
    facts = [nut("Nuts rust in rain."), nut("Nuts bend in rain."), nut("Nuts crack in rain.")]
    scores = Lexicon(facts).scores("do nuts rust?")
    assert scores[0] == 1 and 0 < scores[1] < 0.5 and scores[1] == pytest.approx(scores[2])
    assert Lexicon(facts).scores("valve").tolist() == [0, 0, 0]
    assert Lexicon([]).scores("rust").tolist() == []


def test_a_fact_answers_to_its_kind_and_to_the_heading_it_stood_under():
    facts = [
        nut("Torque is lost.", kind="effect"),
        nut("Marks are silver.", origin="k.json#MVTec/nut/scratch_head"),
        nut("Rust is red.", origin="a.pdf#p12.3"),
    ]
    words = Lexicon(facts)
    assert words.scores("Why is this bad?").argmax() == 0
    assert words.scores("scratched heads").argmax() == 1
    assert words.scores("p12").tolist() == [0, 0, 0]


def test_related_words_count_less_than_the_words_that_were_asked():
    facts = [nut("The trace is thin."), nut("The track is thin."), nut("The bolt is thin.")]
    scores = Lexicon(facts).scores("trace")
    assert scores.tolist() == pytest.approx([1, RELATED, 0])
    assert Lexicon(facts[1:]).scores("trace").tolist() == pytest.approx([1, 0])


def test_what_kind_and_which_heading_a_question_asks_for():
    facts = [
        nut("Torque is lost.", kind="effect"),
        nut("Two rust spots pass.", kind="criterion"),
        nut("Marks are silver.", origin="k.json#MVTec/nut/scratch_head"),
    ]
    words = Lexicon(facts)
    assert words.kinds("Why is that bad?").tolist() == [1, 0, 0]
    assert words.kinds("How many are acceptable?").tolist() == [0, 1, 0]
    assert words.headings("a scratch on the thread").tolist() == [0, 0, 0.5]
    assert words.headings("is the head scratched?").tolist() == [0, 0, 1]
    assert Lexicon([]).kinds("why").tolist() == Lexicon([]).headings("head").tolist() == []


def test_words_decide_where_meaning_does_not(tmp_path, hand):
    a, b = "The M6 thread is cut.", "The M8 thread is rolled."
    hand.known = {a: (1, 0), b: (1, 0.05), "M8": (1, 0)}
    store = FactStore(tmp_path, embed=hand)
    store.add([nut(a), nut(b)])
    assert texts(store.recall("M8", object=NUT, k=1)) == [b]
    assert store.recall("M8", object=NUT, k=1)[0].score == pytest.approx(0.9988, abs=1e-3)  # the cosine alone
