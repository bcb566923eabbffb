"""Steps before what they rest on, and independent ones in another order."""

from __future__ import annotations


def test_shuffled_steps_come_before_what_they_rest_on(mutants, step):
    m = mutants["steps swapped"]
    order = [s.id for s in m.trace.steps]
    assert any(order.index(p) > order.index(m.step) for p in step(m.trace, m.step).parents)
    m = mutants["examined before found"]
    order = [s.id for s in m.trace.steps]
    assert order.index(m.step) < order.index("S3")
    assert all(order.index(p) < order.index(s.id) for s in m.trace.steps for p in s.parents), "parents tell nothing"


def test_commuted_steps_do_not(trace, mutants):
    m = mutants["independent steps commuted"]
    order = [s.id for s in m.trace.steps]
    assert order != [s.id for s in trace.steps] and sorted(order) == sorted(s.id for s in trace.steps)
    assert all(order.index(p) < order.index(s.id) for s in m.trace.steps for p in s.parents)
