"""The process score rises with what speaks for a verdict, and is unscored where nothing does."""

import pytest

from sage_inspect.eval.process import process_parts, process_score
from sage_inspect.schema import Step, Trace, Verdict

from .two_lines import two_lines


def test_known_values():
    # decisiveness 2 x |.92 - .5| = .84; confidence 2 x .9 - 1 = .8; steady: 1; both lines claim the defect: 1;
    # "crack runs along" and "crack" (from cracked) share crack: 1 of the shorter one's 1 word
    parts = process_parts(two_lines())
    assert parts == pytest.approx(
        {"decisiveness": 0.84, "confidence": 0.8, "steadiness": 1, "entailment": 1, "corroboration": 1}
    )
    assert process_score(two_lines()).value == pytest.approx((0.84 + 0.8 + 3) / 5)


@pytest.mark.parametrize(
    "change",
    [{"second": "A stain covers the lid."}, {"second": "No defects are visible."}, {"p": (0.95, 0.2)},
     {"last": 0.55}, {"first": "The reference images show a rim. No cracks are visible."}],
)  # fmt: skip
def test_what_speaks_against_it_lowers_it(change):
    if "p" in change:
        change = {"second": "No defects are visible.", **change}
    assert process_score(two_lines(**change)).value < process_score(two_lines()).value


def test_unscored_is_none():
    verdict = Verdict(verdict="uncertain", probability=0.5, probability_source=None)
    assert process_score(Trace(run="r", verdict=verdict)).value is None
    assert process_score(Trace(run="r")).value is None
    only = Verdict(verdict="normal", probability=0.1, probability_source=None)
    assert process_score(Trace(run="r", verdict=only)).value is None  # one part is too little


def test_strange_numbers_count_as_untold():
    for value in (float("nan"), "0.9", True, 3, None):
        odd = Step(id="S1", node="n", output={"confidence": value, "probability": value})
        only = Verdict(verdict="normal", probability=0.1, probability_source=None)
        assert process_parts(Trace(run="r", steps=(odd,), verdict=only))["confidence"] is None


def test_labels_and_extra_do_not_count():
    trace = two_lines()
    assert process_score(trace.model_copy(update={"extra": {"label_gt": 0}})) == process_score(trace)
