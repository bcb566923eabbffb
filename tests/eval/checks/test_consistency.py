"""Claims on one place, by id or by overlap, do not contradict each other."""

from __future__ import annotations

from sage_inspect.eval.checks import CHECKS, Evidence
from sage_inspect.schema import Box, Claim, Region


def contradictions(boxes, *said):
    regions = {f"R{i}": Region(id=f"R{i}", box=Box(*b), score=0.5) for i, b in enumerate(boxes)}
    claims = tuple(Claim(id=f"C{i}", subject=s, defect=d, type=t, text=".") for i, (s, d, t) in enumerate(said))
    return [c.subject for c in CHECKS["contradiction"].function(Evidence(regions=regions, claims=claims))]


APART, SAME = [(0, 0, 10, 10), (50, 0, 60, 10)], [(0, 0, 10, 10), (2, 0, 12, 10)]  # IoU 0; 80 / 120 = .67


def test_on_one_subject():
    assert contradictions(APART, ("R0", True, "short"), ("R0", False, None)) == ["C1"]
    assert contradictions(APART, ("R0", True, "short"), ("R0", True, "open")) == ["C1"]
    assert contradictions(APART, ("R0", True, "short"), ("R0", True, "short"), ("R0", None, None)) == []
    assert contradictions(APART, ("image", True, None), ("image", False, None)) == ["C1"]


def test_about_the_whole_image_it_is_a_warning():
    """ "No crack." beside "A scratch." is no error of reasoning; the verdict's entailment judges where that leads."""

    def severities(subject):
        said = [Claim(id=f"C{i}", subject=subject, defect=d, text=".") for i, d in enumerate((True, False))]
        return [c.severity for c in CHECKS["contradiction"].function(Evidence(claims=tuple(said)))]

    assert severities("image") == ["warning"]
    assert severities("R1") == ["error"]


def test_on_overlapping_regions():
    assert contradictions(SAME, ("R0", True, "short"), ("R1", False, None)) == ["C1"]
    assert contradictions(SAME, ("R1", True, "short"), ("R0", False, None)) == [
        "C1"
    ]  # the later claim, not the left box
    assert contradictions(APART, ("R0", True, "short"), ("R1", False, None)) == []
    assert contradictions(SAME, ("R0", True, "short"), ("R1", True, "open")) == []  # one place may show two types
