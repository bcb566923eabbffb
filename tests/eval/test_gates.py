"""Gates: read strictly, unknown ones refused, and what is unscored does not pass."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.gates import known_gates, read_gates, shut


def test_gates():
    gates = read_gates(["logic=3.5", "accuracy[defect diagnosis]=.5", "similarity=-.1"])
    assert gates == {"logic": 3.5, "accuracy[defect diagnosis]": 0.5, "similarity": -0.1}
    told = shut(gates, {"logic": 3.5, "accuracy[defect diagnosis]": 0.49, "similarity": None})
    assert told == [
        "gate accuracy[defect diagnosis]: 0.49 is below 0.5",
        "gate similarity: unscored, and -0.1 is needed",
    ]


@pytest.mark.parametrize("word", ["logic", "logic=", "=3", "logic=high", "logic=nan"])
def test_no_gate(word):
    with pytest.raises(BadInput, match="this is no gate"):
        read_gates([word])


def test_an_unknown_figure_is_refused():
    known_gates({"a": 1}, ["a"])
    with pytest.raises(BadInput, match="there is no such figure; there are: a, b"):
        known_gates({"c": 1}, ["a", "b"])
