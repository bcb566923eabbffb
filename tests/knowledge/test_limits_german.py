from __future__ import annotations

import pytest

from sage_inspect.knowledge.fact import infer_kind
from sage_inspect.knowledge.limits_german import read_german

PLAIN = {
    "Höchstens zwei Kratzer sind zulässig": ("scratch", "count", "<=", 2, "", True),
    "Maximal 3 Poren pro Teil sind erlaubt": ("pore", "count", "<=", 3, "", True),
    "Ein Fleck ist zulässig": ("stain", "count", "<=", 1, "", True),
    "Mehr als zwei Risse sind unzulässig": ("crack", "count", "<=", 2, "", False),
    "Poren bis 0,5 mm sind zulässig": ("pore", "length", "<=", 0.5, "mm", True),
    "Poren mit maximal 0,5 mm Durchmesser sind zulässig": ("pore", "length", "<=", 0.5, "mm", True),
    "Kratzer bis zu 5 mm Länge je Seite sind zulässig": ("scratch", "length", "<=", 5, "mm", True),
    "Dellen kleiner als 1.5 cm sind akzeptabel": ("dent", "length", "<", 15, "mm", True),
    "Kratzer breiter als 0,2 mm sind nicht zulässig": ("scratch", "breadth", "<=", 0.2, "mm", False),
    "Risse ab 200 µm gelten als Fehler": ("crack", "length", "<", 0.2, "mm", False),
    "Kratzer dürfen höchstens 0,5 mm breit sein": ("scratch", "breadth", "<=", 0.5, "mm", False),
    "Ein Grat darf nicht größer als 0,1 mm sein": ("burr", "length", "<=", 0.1, "mm", False),
    "Poren dürfen 0,5 mm nicht überschreiten": ("pore", "length", "<=", 0.5, "mm", False),
    "Flecken bis 2,5 mm² Fläche sind erlaubt": ("stain", "area", "<=", 2.5, "mm2", True),
    "Fehler über 12 px sind unzulässig": ("", "length", "<=", 12, "px", False),
}


@pytest.mark.parametrize("text", PLAIN)
def test_plain_limits_are_read(text):
    found = read_german(text)
    assert found is not None
    assert (found.of, found.quantity, found.comparison, found.limit, found.unit, found.permits) == PLAIN[text]
    assert infer_kind(text) == "criterion" or "Fehler" in text


@pytest.mark.parametrize(
    "text",
    [
        "Kratzer sind zulässig",
        "Kein Kratzer ist zulässig",
        "Kratzer bis 5 mm sind nicht immer zulässig",
        "Kratzer bis 5 mm sind zulässig, wenn sie nicht tief sind",
        "Zwei Kratzer über 5 mm sind zulässig",
        "Grat bis 0,1 mm Höhe ist zulässig",
        "Kratzer bis 5 mm² Länge sind zulässig",
        "Flecken bis 2 mm Fläche sind zulässig",
        "Gizmos bis 5 mm sind zulässig",
        "Höchstens zwei Drittel der Kratzer sind zulässig",
    ],
)
def test_nothing_is_read_into_a_sentence(text):
    assert read_german(text) is None
