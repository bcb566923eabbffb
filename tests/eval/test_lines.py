"""Branches that meet are lines; shared steps, cycles and unknown parents are passed over."""

from sage_inspect.eval.lines import lines_of
from sage_inspect.schema import Step, Trace

from .two_lines import two_lines


def ids(trace):
    return [[s.id for s in line] for line in lines_of(trace)]


def graph(*steps):
    return Trace(run="r", steps=tuple(Step(id=i, node=i, parents=p) for i, p in steps))


def test_two_branches():
    assert ids(two_lines()) == [["S1"], ["S2", "S3", "S4"]]


def test_what_both_rest_on_is_in_neither():
    assert ids(graph(("a", ()), ("b", ("a",)), ("c", ("a",)), ("d", ("b", "c")), ("e", ("d",)))) == [["b"], ["c"]]


def test_one_line_cycles_and_strangers():
    assert ids(graph(("a", ()), ("b", ("a",)))) == [["a", "b"]]
    assert ids(graph(("a", ("b",)), ("b", ("a",)))) == [["a", "b"]]
    assert ids(graph(("a", ("x",)), ("b", ("a", "y")))) == [["a", "b"]]
    assert lines_of(Trace(run="r")) == ()
