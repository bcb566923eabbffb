"""What holds for every variant: pure, repeatable, one fault, and everything else kept consistent."""

from __future__ import annotations

import pytest

from sage_inspect.eval import scores
from sage_inspect.eval.labels import Labels
from sage_inspect.eval.mutants import VARIANTS, mutants_of, register
from sage_inspect.eval.trace_file import digest_of
from sage_inspect.schema import Step, Trace


def test_the_trace_has_a_place_for_every_variant(mutants):
    assert set(mutants) == set(VARIANTS)
    assert len({m.family for m in mutants.values()}) == 9


def test_every_mutant_differs_from_the_trace_which_stays_as_it_was(trace, labels):
    before = trace.model_dump_json()
    for mutant in mutants_of(trace, labels):
        assert mutant.trace != trace, mutant.variant
    assert trace.model_dump_json() == before


def test_draws_are_repeated_by_the_seed_and_differ_between_seeds(trace, labels):
    def drawn(seed):
        return [m.note for m in mutants_of(trace, labels, seed=seed)]

    assert drawn(3) == drawn(3)
    assert len({tuple(drawn(seed)) for seed in range(5)}) > 1


def test_digests_fit_but_where_the_record_was_altered(mutants):
    for mutant in mutants.values():
        off = [s.id for s in mutant.trace.steps if s.output_digest != digest_of(s.output)]
        assert off == ([mutant.step] if mutant.variant == "record altered" else []), mutant.variant


def test_faults_lie_at_a_step_and_neutral_edits_at_none(mutants):
    for mutant in mutants.values():
        ids = [s.id for s in mutant.trace.steps]
        assert (mutant.step in ids) == bool(mutant.falls), mutant.variant
        assert (mutant.step is None) == (mutant.family == "neutral"), mutant.variant


def test_the_concluding_step_and_the_verdict_say_the_same(mutants):
    for mutant in mutants.values():
        written = mutant.trace.steps[-1].output.get("verdict") or mutant.trace.steps[-2].output["verdict"]
        told = mutant.trace.verdict
        assert written["verdict"] == told.verdict, mutant.variant
        assert [tuple(d["box"]) for d in written["defects"]] == [d.box for d in told.defects], mutant.variant
        assert [c["text"] for c in written["claims"]] == [c.text for c in told.claims], mutant.variant


def test_mutants_survive_being_written(mutants):
    for mutant in mutants.values():
        assert Trace.model_validate_json(mutant.trace.model_dump_json()) == mutant.trace, mutant.variant


def test_metrics_are_ones_that_scoring_gives(mutants):
    for mutant in mutants.values():
        for metric in (*mutant.falls, *mutant.holds):
            assert f"| {metric} |" in scores.__doc__ or metric in scores.TraceScore.model_fields, metric


def test_a_trace_without_claims_has_few_mutants():
    empty = Trace(run="empty")
    assert list(mutants_of(empty, Labels())) == []


def test_two_variants_of_one_name_are_refused():
    with pytest.raises(ValueError, match="already"):
        register(VARIANTS["paraphrase"])


def test_the_registry_is_the_table(mutants):
    holds = {m.family: m.holds for m in mutants.values()}
    assert holds["box moved"] == ("identification",) and "coverage" in holds["duplicate call"]
    assert {v.family for v in VARIANTS.values() if v.neutral} == {"neutral"}


def test_traces_of_other_agents_are_mutated_as_far_as_they_can_be(trace, labels):
    """Outputs of any shape, ids of any kind, no digests."""
    said = trace.steps[4].claims[0].model_copy(update={"id": "belief", "subject": "image", "facts": (), "regions": ()})
    odd = [{"facts": 3, "comparison": [1]}, {"findings": [None, 2], "verdict": "bad"}, {"plan": {"regions": 5}}]
    odd += [{"facts": [{"id": 1}, "x"], "comparison": {"regions": [None, {"id": 4}]}}, {"findings": [{"answer": 3}]}]
    steps = tuple(
        Step(id=f"step/{i}", node="think", parents=(f"step/{i - 1}",) if i else (), output=output, claims=(said,))
        for i, output in enumerate(odd)
    )
    foreign = Trace(run="foreign", source="other", steps=steps, verdict=trace.verdict)
    families = {m.family for m in mutants_of(foreign, labels)}
    assert {"verdict swapped", "box moved", "dependent steps shuffled", "neutral"} <= families
