"""E-DPO's mathematics, by cases computed by hand (method.md, E-DPO)."""

import math

import pytest
import torch

from sage_inspect.errors import BadInput
from sage_inspect.finetune.edpo.loss import (
    Pair,
    Weights,
    bco_loss,
    binary_entropy,
    choose_pairs,
    deltas,
    edpo_loss,
    objective,
    rank_scores,
    reward_margin,
    sum_answers,
)


@pytest.mark.parametrize(("gap", "delta"), [(1 / 3, 0.02), (1, 0.16), (2, 0.47), (4, 0.87)])
def test_pairwise_delta_of_the_methods_gaps(gap, delta):
    assert float(deltas([5, 5 - gap])[0, 1]) == pytest.approx(delta, abs=0.005)


def test_entropy_of_a_coin():
    assert binary_entropy(torch.tensor([0.0, 0.5, 1.0])).tolist() == [0, 1, 0]
    assert float(binary_entropy(torch.tensor(0.25))) == pytest.approx(0.811278, abs=1e-6)


def test_pairwise_delta_grows_with_the_gap_and_falls_with_tau():
    row = deltas([5, 4.5, 4, 3, 2, 1])[0]
    assert (row.diff() > 0).all()
    assert row[0] == 0
    assert (deltas([5, 3], tau=2.0)[0, 1] < deltas([5, 3], tau=1.0)[0, 1]).item()
    assert torch.equal(deltas([5, 4, 1]), deltas([5, 4, 1]).T)


def test_term_is_not_monotone():
    # p = (.6572, .2418, .0890, .0120), h = (.2759, .3433, .2152, .0532)
    matrix = deltas([5, 4, 3, 1], "term")
    assert float(matrix[1, 3]) == pytest.approx(0.3433 - 0.0532, abs=2e-4)
    assert matrix.argmax() == 1 * 4 + 3
    assert matrix[1, 3] > matrix[0, 3]


def test_score_is_the_gap_over_the_scale():
    assert deltas([5, 3, 1], "score").tolist() == [[0, 0.5, 1], [0.5, 0, 0.5], [1, 0.5, 0]]


@pytest.mark.parametrize(("given", "match"), [({"reading": "mean"}, "mean"), ({"tau": 0.0}, "tau")])
def test_unknown_reading_and_cold_temperature(given, match):
    with pytest.raises(BadInput, match=match):
        deltas([5, 1], **given)


def kinds(pairs):
    return [(p.winner, p.loser, p.kind) for p in pairs]


def test_near_is_the_most_open_step_above_the_noise():
    # Steps 1/3 (noise), 2/3, 3.
    chosen = choose_pairs([5, 14 / 3, 4, 1])
    assert kinds(chosen) == [(0, 3, "far"), (1, 2, "near")]
    assert [p.delta for p in chosen] == pytest.approx([0.87, float(deltas([14 / 3, 4])[0, 1])], abs=0.005)


def test_near_of_scores_with_two_decimals():
    assert kinds(choose_pairs([5, 4.33, 3.67, 1.0])) == [(0, 3, "far"), (1, 2, "near")]
    assert kinds(choose_pairs([5, 4.34, 3.7, 1.0])) == [(0, 3, "far"), (0, 1, "near")]


def test_of_equal_steps_the_better_ranked():
    assert kinds(choose_pairs([5, 4, 3, 2])) == [(0, 3, "far"), (0, 1, "near")]


def test_near_follows_the_reading():
    assert kinds(choose_pairs([5, 4, 3, 1], reading="term"))[1] == (0, 1, "near")


def test_no_near_pair_where_every_step_is_noise():
    assert kinds(choose_pairs([5, 4.7, 4.4, 4.1])) == [(0, 3, "far")]


def test_one_pair_is_used_once():
    assert kinds(choose_pairs([5, 1])) == [(0, 1, "far")]


def test_ties_carry_no_preference():
    assert choose_pairs([3, 3, 3, 3]) == []
    assert kinds(choose_pairs([4, 4, 4, 2])) == [(0, 3, "far"), (2, 3, "near")]


def test_a_rank_that_contradicts_the_scores_is_no_pair():
    assert choose_pairs([2, 2, 2, 4]) == []
    assert kinds(choose_pairs([4, 2, 5, 3], pairs="near")) == [(0, 1, "near")]


def test_rank_only():
    assert rank_scores(4) == pytest.approx([5, 11 / 3, 7 / 3, 1])
    assert kinds(choose_pairs(rank_scores(4), rank_only=True)) == [(0, 3, "far"), (0, 1, "near")]
    # Steps of half a point are below the noise of a judge, but here nobody judged.
    assert kinds(choose_pairs(rank_scores(9), rank_only=True)) == [(0, 8, "far"), (0, 1, "near")]


def test_only_one_of_the_two_pairs():
    assert kinds(choose_pairs([5, 4, 3, 1], pairs="far")) == [(0, 3, "far")]
    assert kinds(choose_pairs([5, 4, 3, 1], pairs="near")) == [(0, 1, "near")]
    with pytest.raises(BadInput, match="middle"):
        choose_pairs([5, 1], pairs="middle")


def test_pairs_are_hashable_values():
    assert Pair(0, 1, 0.5, "far") == Pair(0, 1, 0.5, "far")


def test_loss_by_hand():
    # m = .1 [(-10 + 12) - (-20 + 15)] = .7
    margin = reward_margin(*(torch.tensor([float(x)]) for x in (-10, -20, -12, -15)), beta=0.1)
    assert margin.item() == pytest.approx(0.7)
    loss = edpo_loss(margin, torch.tensor([0.87]), eta=1.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(0.17)), rel=1e-6)
    bco = bco_loss(torch.tensor([2.0]), torch.tensor([-5.0]), beta=0.1)
    assert bco.item() == pytest.approx(math.log(1 + math.exp(-0.2)) + math.log(1 + math.exp(-0.5)), rel=1e-6)


def test_loss_is_monotone():
    margin, zero = torch.linspace(-3, 3, 50), torch.zeros(50)
    assert (edpo_loss(margin, zero + 0.5, 1.0).diff() < 0).all()
    assert (edpo_loss(zero, torch.linspace(0, 1, 50), 1.0).diff() > 0).all()
    for low, high in ((0.0, 0.5), (0.5, 1.0), (1.0, 2.0)):
        assert (edpo_loss(margin, zero + 0.3, low) < edpo_loss(margin, zero + 0.3, high)).all()
    assert torch.equal(edpo_loss(margin, zero + 0.9, 0.0), -torch.nn.functional.logsigmoid(margin))


def test_gradient_of_the_preference_term():
    log_w, log_l = (torch.randn(5, dtype=torch.float64, requires_grad=True) for _ in range(2))
    ref_w, ref_l, delta = (torch.rand(5, dtype=torch.float64) for _ in range(3))
    margin = reward_margin(log_w, log_l, ref_w, ref_l, 0.1)
    edpo_loss(margin, delta, 2.0).sum().backward()
    expected = -0.1 * torch.sigmoid(-(margin - 2.0 * delta)).detach()
    assert torch.allclose(log_w.grad, expected)
    assert torch.allclose(log_l.grad, -expected)


def batch():
    """Two questions: answers 0, 1, 2 with a far and a near pair, answers 3, 4 with one pair."""
    torch.manual_seed(0)
    owner = torch.tensor([0, 0, 1, 1, 1, 2, 3, 3, 4])
    tokens = -torch.rand(9, dtype=torch.float64)
    reference = -torch.rand(9, dtype=torch.float64)
    pairs = {
        "winner": torch.tensor([0, 1, 3]),
        "loser": torch.tensor([2, 2, 4]),
        "delta": torch.tensor([0.8, 0.2, 0.5], dtype=torch.float64),
        "far": torch.tensor([True, False, True]),
        "best": torch.tensor([0, 3]),
    }
    return tokens, reference, owner, pairs


def test_objective_by_hand():
    tokens, reference, owner, pairs = batch()
    assert sum_answers(torch.ones(9), owner, 5).tolist() == [2, 3, 1, 2, 1]
    ratios = [float((tokens - reference)[owner == i].sum()) for i in range(5)]

    def sigmoid_loss(x):
        return math.log(1 + math.exp(-x))

    margins = [0.5 * (ratios[w] - ratios[loser]) for w, loser in ((0, 2), (1, 2), (3, 4))]
    preference = sum(sigmoid_loss(m - 2 * d) for m, d in zip(margins, (0.8, 0.2, 0.5), strict=True)) / 3
    # BCO on far pairs only, CE on best answers only.
    bco = sum(sigmoid_loss(0.5 * ratios[w]) + sigmoid_loss(-0.5 * ratios[lost]) for w, lost in ((0, 2), (3, 4))) / 2
    ce = -float(tokens[[0, 1, 6, 7]].mean())
    loss = objective(tokens, reference, owner, **pairs, beta=0.5, eta=2.0)
    assert loss.margin.tolist() == pytest.approx(margins)
    assert [float(x) for x in (loss.preference, loss.bco, loss.ce)] == pytest.approx([preference, bco, ce])
    assert float(loss.total) == pytest.approx(0.8 * preference + 0.2 * bco + 1.0 * ce)


@pytest.mark.parametrize("name", ["preference", "bco", "ce"])
def test_every_part_can_be_switched_off(name):
    tokens, reference, owner, pairs = batch()
    only = Weights(**{part: float(part == name) for part in ("preference", "bco", "ce")})
    loss = objective(tokens, reference, owner, **pairs, weights=only)
    assert float(loss.total) == pytest.approx(float(getattr(loss, name)))


def test_who_gets_a_gradient():
    tokens, reference, owner, pairs = batch()
    grads = {}
    for name in ("preference", "bco", "ce"):
        leaf = tokens.clone().requires_grad_(True)
        weights = Weights(**{part: float(part == name) for part in ("preference", "bco", "ce")})
        objective(leaf, reference, owner, **pairs, weights=weights).total.backward()
        grads[name] = sorted({int(o) for o, g in zip(owner, leaf.grad, strict=True) if g != 0})
    assert grads == {"preference": [0, 1, 2, 3, 4], "bco": [0, 2, 3, 4], "ce": [0, 3]}


def test_objective_passes_gradcheck():
    tokens, reference, owner, pairs = batch()
    leaf = tokens.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda t: objective(t, reference, owner, **pairs, eta=0.5).total, (leaf,))


def test_near_pairs_alone_have_no_bco():
    tokens, reference, owner, pairs = batch()
    pairs["far"] = torch.zeros(3, dtype=torch.bool)
    assert float(objective(tokens, reference, owner, **pairs).bco) == 0
