"""Records are what was digested, and claims what their step's result holds."""

from __future__ import annotations

from sage_inspect.eval.checks import CHECKS, view_of

from ..traces import raw, trace
from .found import found, step


def test_a_result_that_was_altered_afterwards():
    data = raw()
    step(data, "S3")["output"]["comparison"]["score"] = 0.2
    (told,) = CHECKS["altered_result"].function(view_of(trace(data)))
    assert (told.subject, told.step) == ("S3", "S3")
    step(data, "S3")["output_digest"] = ""  # another agent digests nothing: nothing can be told
    assert list(CHECKS["altered_result"].function(view_of(trace(data)))) == []


def test_a_region_that_is_not_what_a_later_step_was_given():
    move = lambda d: step(d, "S3")["output"]["comparison"]["regions"][0].update(box=[0, 0, 5, 5])  # noqa: E731
    assert found("result_changed_later") == [] and found("result_changed_later", move) == [("error", "S3", "S3")]


def test_a_claim_that_its_result_does_not_hold():
    turn = lambda d: step(d, "S5")["claims"][0].update(defect=False)  # noqa: E731
    paraphrase = lambda d: step(d, "S5")["claims"][0].update(text="There is a short.")  # noqa: E731
    assert found("claim_against_result") == [] == found("claim_against_result", paraphrase)
    assert found("claim_against_result", turn) == [("error", "C1", "S5")]


def test_a_claim_that_turns_round_what_the_model_said():
    def say(words, **more):
        return lambda d: step(d, "S5")["output"]["findings"][0].update(answer=words, **more)

    assert found("claim_against_words") == [] == found("claim_against_words", say("I cannot tell."))
    assert found("claim_against_words", say("False. No defect.")) == [("error", "C1", "S5")]
    assert found("claim_against_words", say("False. No defect.", overruled="F2")) == []
