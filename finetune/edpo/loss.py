"""The mathematics of E-DPO: how clear-cut a preference is, which pairs are trained on, and what each costs.

Source: method.md, E-DPO (section 2). A preference whose two answers differ clearly must be won by a margin, an
ambiguous one only has to be ordered. Everything here is a pure function of tensors and numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from ...errors import BadInput

Reading = Literal["pairwise", "term", "score"]
"""How Delta is read from the scores: Eq. 4 as printed makes every difference 0."""
Kind = Literal["far", "near"]
PairSet = Literal["far+near", "far", "near"]

NEAR_GAP = 2 / 3
"""Scores that differ by less are the judge's noise: two of its nine axis points."""
_ROUNDED = 0.01
"""Scores are often written with two decimals: 4.33 - 3.67 is meant to be 2/3."""
_SPAN = 4.0
"""Scores go from 1 to 5."""


@dataclass(frozen=True)
class Pair:
    """A preference: answer `winner` over answer `loser` (indices), its `delta` in 0..1, and which pair it is."""

    winner: int
    loser: int
    delta: float
    kind: Kind


def binary_entropy(probability: Tensor) -> Tensor:
    """Entropy of a coin in bits, 0..1: 1 at .5, 0 at 0 and 1. Any shape; computed in float64."""
    q = probability.double()
    return (torch.special.entr(q) + torch.special.entr(1 - q)) / math.log(2)


def deltas(scores: Sequence[float] | Tensor, reading: Reading = "pairwise", tau: float = 1.0) -> Tensor:
    """Delta of every two answers: 0 where the preference is open, up to 1 where it is clear-cut.

    Args:
        scores: S_1..S_N, 1..5.
        reading: `pairwise`: 1 - H(sigmoid((S_i - S_j) / tau)), H in bits; `term`: |h_i - h_j| with
            h = -p log p (nats) of p = softmax(S / tau), which does not grow with the gap; `score`: |S_i - S_j| / 4.
        tau: temperature, above 0; unused by `score`.

    Returns:
        `float64[N, N]`, symmetric, its diagonal 0.
    """
    _check(reading, tau)
    s = torch.as_tensor(scores, dtype=torch.float64)
    gap = s[:, None] - s[None, :]
    if reading == "pairwise":
        return (1 - binary_entropy(torch.sigmoid(gap.abs() / tau))).clamp(min=0)
    if reading == "score":
        return gap.abs() / _SPAN
    term = torch.special.entr(torch.softmax(s / tau, dim=0))
    return (term[:, None] - term[None, :]).abs()


def _check(reading: str, tau: float) -> None:
    if reading not in get_args(Reading):
        raise BadInput(f"reading {reading!r}", "unknown", f"use {', '.join(get_args(Reading))}")
    if not tau > 0:
        raise BadInput(f"tau={tau}", "a temperature is above 0", "the default is 1")


def rank_scores(count: int) -> list[float]:
    """Scores of answers that are only ranked: evenly from 5 (best) to 1 (method.md, Answer selection)."""
    return [5 - _SPAN * i / (count - 1) for i in range(count)]


def choose_pairs(
    scores: Sequence[float],
    *,
    rank_only: bool = False,
    reading: Reading = "pairwise",
    tau: float = 1.0,
    pairs: PairSet = "far+near",
) -> list[Pair]:
    """The pairs of a question: far (best against last), then near, where they carry a preference.

    The near pair has the smallest Delta among adjacent ranks whose scores differ by `NEAR_GAP` or more; of equals the
    better ranked. Where only ranks are known it is (a_1, a_2). Delta is symmetric, so that a rank which contradicts the
    scores would be given a positive margin: only pairs with S_w > S_l are taken. One pair is never used twice.

    Args:
        scores: best first, two or more; of `rank_scores` where `rank_only`.
        pairs: `far` and `near` take one of the two only, for comparisons.

    Returns:
        None, one or two pairs.
    """
    if pairs not in get_args(PairSet):
        raise BadInput(f"pairs {pairs!r}", "unknown", f"use {' or '.join(get_args(PairSet))}")
    matrix = deltas(scores, reading, tau)
    last = len(scores) - 1
    chosen: list[Pair] = []
    if scores[0] > scores[last]:
        chosen.append(Pair(0, last, float(matrix[0, last]), "far"))
    if pairs == "far":
        return chosen
    steps = range(1) if rank_only else range(last)
    open_steps = [i for i in steps if rank_only or scores[i] - scores[i + 1] >= NEAR_GAP - _ROUNDED]
    if open_steps:
        # Differences of float64 scores: what is equal on paper must not be decided by the last bit.
        near = min(open_steps, key=lambda i: (round(float(matrix[i, i + 1]), 9), i))
        if (near, near + 1) != (0, last):
            chosen.append(Pair(near, near + 1, float(matrix[near, near + 1]), "near"))
    return chosen if pairs == "far+near" else [p for p in chosen if p.kind == "near"]


def reward_margin(winner: Tensor, loser: Tensor, ref_winner: Tensor, ref_loser: Tensor, beta: float) -> Tensor:
    """m = beta [(log pi(w) - log ref(w)) - (log pi(l) - log ref(l))], one a pair.

    Args:
        winner, loser: log-probabilities of whole answers under the policy, `float[pairs]`, nats.
        ref_winner, ref_loser: the same under the reference model.
        beta: how dear it is to leave the reference.
    """
    return beta * ((winner - ref_winner) - (loser - ref_loser))


def edpo_loss(margin: Tensor, delta: Tensor, eta: float) -> Tensor:
    """-log sigmoid(m - eta Delta), one a pair; with eta = 0 it is DPO's sigmoid loss.

    Args:
        margin: of `reward_margin`, `float[pairs]`.
        delta: `float[pairs]`, 0..1.
        eta: how large a margin a clear-cut preference asks for.
    """
    return -F.logsigmoid(margin - eta * delta.to(margin))


def bco_loss(winner_ratio: Tensor, loser_ratio: Tensor, beta: float) -> Tensor:
    """-log sigmoid(beta r_w) - log sigmoid(-beta r_l), one a pair, without a moving offset (as TRL's `bco_pair`).

    It holds each answer against the reference by itself. Meant for far pairs only: the winner of a near pair may be a
    wrong answer.

    Args:
        winner_ratio, loser_ratio: log pi - log ref of whole answers, `float[pairs]`.
        beta: as in `reward_margin`.
    """
    return -F.logsigmoid(beta * winner_ratio) - F.logsigmoid(-beta * loser_ratio)


def sum_answers(tokens: Tensor, owner: Tensor, count: int) -> Tensor:
    """Log-probabilities of whole answers, `float[count]`, from those of their tokens `float[n]` and `owner int[n]`."""
    return tokens.new_zeros(count).index_add(0, owner, tokens)


@dataclass(frozen=True)
class Weights:
    """Weights of the parts of the objective, 0 switches a part off; the defaults are the recipe's (method.md)."""

    preference: float = 0.8
    bco: float = 0.2
    ce: float = 1.0


@dataclass(frozen=True)
class Loss:
    """The objective of a batch and what it is made of.

    Attributes:
        total: the weighted sum, with its graph.
        preference, bco: means over the pairs and over the far pairs; ce: mean over the tokens of the best answers.
        margin: m of each pair, `float[pairs]`, without graph.
    """

    total: Tensor
    preference: Tensor
    bco: Tensor
    ce: Tensor
    margin: Tensor


def objective(
    tokens: Tensor,
    ref_tokens: Tensor,
    owner: Tensor,
    *,
    winner: Tensor,
    loser: Tensor,
    delta: Tensor,
    far: Tensor,
    best: Tensor,
    beta: float = 0.1,
    eta: float = 1.0,
    weights: Weights | None = None,
) -> Loss:
    """The objective of a batch of questions: preference on all pairs, BCO on far pairs, CE on each question's a_1.

    Args:
        tokens, ref_tokens: log-probabilities of the answers' tokens under policy and reference, `float[n]`.
        owner: the answer that each token belongs to, `int64[n]`, 0..answers-1; every answer has tokens.
        winner, loser: answers of each pair, `int64[pairs]`.
        delta: `float[pairs]`; far: `bool[pairs]`.
        best: the best answer of each question, `int64[questions]`, each once.
        beta, eta: as in `reward_margin` and `edpo_loss`.
        weights: None takes the recipe's.
    """
    weights = weights or Weights()
    count = int(owner.max()) + 1
    ratio = sum_answers(tokens - ref_tokens, owner, count)
    zero = torch.zeros_like(ratio)
    margin = reward_margin(ratio[winner], ratio[loser], zero[winner], zero[loser], beta)
    preference = edpo_loss(margin, delta, eta).mean()
    bco = bco_loss(ratio[winner[far]], ratio[loser[far]], beta)
    bco_mean = bco.mean() if bco.numel() else preference.new_zeros(())
    ce = -tokens[torch.isin(owner, best)].mean()
    total = weights.preference * preference + weights.bco * bco_mean + weights.ce * ce
    return Loss(total, preference.detach(), bco_mean.detach(), ce.detach(), margin.detach())
