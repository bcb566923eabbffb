"""A verdict is read where one is given, and never guessed."""

import pytest

from sage_inspect.eval.claims import read_verdict


@pytest.mark.parametrize(
    "text, verdict",
    [
        ('{"image_label": "anomalous", "confidence": 0.9}', "anomalous"), ('Done: {"anomalous": false}', "normal"),
        ("Verdict: defective", "anomalous"), ("normal", "normal"), ("The part is defective.", "anomalous"),
        ("The image is normal.", "normal"), ("verdict: uncertain", "uncertain"),
    ],
)  # fmt: skip
def test_forms(text, verdict):
    found = read_verdict(text)
    assert found is not None and found.verdict == verdict


def test_none_where_none_is_given():
    for text in ("I looked at the part.", "", "{broken", "The image might be anomalous."):
        assert read_verdict(text) is None


def test_a_probability_is_taken_only_in_range():
    assert read_verdict('{"verdict": "anomalous", "probability": 0.8}').probability == 0.8
    assert read_verdict('{"verdict": "anomalous", "probability": 80}').probability is None
