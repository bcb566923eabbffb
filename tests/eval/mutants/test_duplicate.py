"""A call is made twice."""

from __future__ import annotations


def test_a_duplicate_repeats_input_and_output_under_an_id_of_its_own(mutants, step):
    m = mutants["duplicate call"]
    again = step(m.trace, m.step)
    first = step(m.trace, again.parents[0])
    assert again.id == "S9" and (again.input, again.output, again.claims) == (first.input, first.output, first.claims)
