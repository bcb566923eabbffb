"""The words: each names the type it should, and no word says two things at once."""

import pytest

from sage_inspect.eval.claims.vocabulary import DEVIATION, DIFFERENCES, GENERIC, HEDGE, SOUND, TYPES, WEAK, word_type


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("scratch", "scratch"),
        ("Scratches", "scratch"),
        ("cavities", "cavity"),
        ("holes", "hole"),
        ("mass", "mass"),
        ("masses", "mass"),
        ("debris", "debris"),
        ("foreign_object", "foreign object"),
        ("torn", "tear"),
        ("misshapen", "deformation"),
        ("tumours", "tumor"),
        ("gear", None),
        ("s", None),
        ("", None),
    ],
)
def test_a_word_names_its_type(word, kind):
    assert word_type(word) == kind


def test_every_type_has_a_name_in_lower_case_and_names_itself():
    for word, kind in TYPES.items():
        assert word == word.lower() and kind == kind.lower() and "_" not in kind
        assert word_type(word) == kind


def test_a_weak_word_is_one_that_names_something():
    assert WEAK <= set(TYPES) | set(DIFFERENCES)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (GENERIC, ("is defective", "an anomaly", "two flaws", "looks wrong"), ("wrongdoing", "faultless", "default")),
        (SOUND, ("is intact", "looks normal", "the same colour", "matches the reference", "is benign"),
         ("the normal reference image", "abnormal", "unmatched", "consistent with an infection")),
        (DEVIATION, ("differs from the reference", "does not match", "has been replaced", "clearly different"),
         ("no different", "indifferent", "the difference of two means")),
        (HEDGE, ("might be", "is possibly", "appears worn", "likely a mole"), ("unlikely", "mighty", "it appeared")),
    ],
)  # fmt: skip
def test_what_is_found_in_text(pattern, yes, no):
    assert [text for text in yes if not pattern.search(text)] == []
    assert [text for text in no if pattern.search(text)] == []
