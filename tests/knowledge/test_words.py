from __future__ import annotations

import pytest

from sage_inspect.knowledge.words import stem, synonyms, tokens


@pytest.mark.parametrize(
    ("one", "other"), [("bristles", "bristle"), ("bodies", "body"), ("scratched", "scratch"), ("glass", "glass")]
)
def test_endings_that_change_no_meaning(one, other):
    assert stem(one) == stem(other)


def test_what_is_another_word_stays_one():
    assert stem("pinned") != stem("pine") and stem("risse") != stem("riss") + "s"
    assert synonyms()[stem("flawless")] == synonyms()[stem("intact")] == stem("good")


def test_tokens_without_endings_and_idle_words():
    assert tokens("The bristles are bending") == tokens("bristle bend")
    assert tokens("Wo ist der Riss?") == ["wo", "ist", "der", "riss"] and tokens("is the of") == []
