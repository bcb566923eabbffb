"""The guides' losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from sage_inspect.finetune.nano.batches import DECISIONS, LIMITS, ROLES, Batch
from sage_inspect.finetune.nano.guides import Decides, Guides, Scales

HIDDEN, LABELS, LENGTH = 6, 5, 8
EMPTY = {"fact_links": 3, "region_links": 3, "summaries": 6, "sizes": 3, "decisions": 3, "names": 3}


def batch(**entries):
    """A batch of one row whose lists hold these entries, the row (0) left out."""
    found = {"asked": [(2, 1, 1)], "fact_links": [(2, 2)], **entries}
    lists = {
        name: torch.tensor([(0, *entry) for entry in found[name]]).T
        if found.get(name)
        else torch.zeros(width, 0, dtype=torch.long)
        for name, width in {"asked": 4, **EMPTY}.items()
    }
    blank = torch.zeros(1, LENGTH, dtype=torch.long)
    return Batch(ids=blank, part=blank, **lists)


def blank(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.zero_()
    return module


@pytest.fixture
def hidden():
    torch.manual_seed(0)
    return torch.randn(1, LENGTH, HIDDEN)


@pytest.fixture
def attention():
    """Four heads of which the first two point with .5 and .25, the third with .125, from 2 to 5."""
    made = torch.full((1, 4, LENGTH, LENGTH), 0.01)
    made[0, :3, 2, 5] = torch.tensor([0.5, 0.25, 0.125])
    return made


def test_heads_that_know_nothing_pay_for_every_choice(hidden, attention):
    guides = blank(Guides(HIDDEN, LABELS))
    pointing = -0.5 * (math.log(0.5) + math.log(0.25)) / 2
    asked = batch(fact_links=[(2, 5)])
    assert guides(hidden, attention, asked).item() == pytest.approx(math.log(LABELS) + pointing, abs=1e-5)
    told = batch(fact_links=[(2, 5)], summaries=[(4, 1, 0, 2, 30)], region_links=[(2, 5)])
    summary = math.log(LABELS) + 0.5 * math.log(len(ROLES)) + 0.5 * math.log(13) + 0.3 * math.log(LIMITS)
    regions = -0.3 * math.log(0.125)
    whole = math.log(LABELS) + pointing + summary + regions
    assert guides(hidden, attention, told).item() == pytest.approx(whole, abs=1e-5)


def test_attention_is_asked_for_from_the_answer_to_the_fact(hidden, attention):
    guides = blank(Guides(HIDDEN, LABELS))
    right, turned = (guides(hidden, attention, batch(fact_links=[link])) for link in ((2, 5), (5, 2)))
    assert right < turned


def test_what_only_the_image_tells_counts_more(hidden, attention):
    guides = blank(Guides(HIDDEN, LABELS))
    with torch.no_grad():
        guides.kind.bias[3] = 2.0  # sure of label 3, wherever it is asked
    sure, wrong = -math.log(math.exp(2) / (math.exp(2) + 4)), -math.log(1 / (math.exp(2) + 4))
    links = {"fact_links": [(2, 5)]}
    pointing = guides(hidden, attention, batch(asked=[(2, 3, 1)], **links)).item() - sure
    both = guides(hidden, attention, batch(asked=[(2, 3, 8), (6, 1, 1)], **links)).item() - pointing
    assert both == pytest.approx((8 * sure + wrong) / 9, abs=1e-5)


def test_sizes_and_limits_on_one_line(hidden):
    scales = blank(Scales(HIDDEN))
    with torch.no_grad():
        scales.scale.bias.fill_(2.0)
    limit, count, permit = (ROLES.index(role) for role in ("limit", "count", "permit"))
    told = batch(summaries=[(3, 1, limit, 1, 20), (4, 1, count, 2, 3), (5, 1, permit, 3, 0)], sizes=[(7, 30)])
    squares = [(2 - math.log1p(value)) ** 2 for value in (20, 3, 30)]  # a permission has no limit
    assert scales(hidden, told).item() == pytest.approx(sum(squares) / 3, abs=1e-5)
    assert scales(hidden, batch()).item() == 0


def test_sizes_are_read_where_they_stand():
    scales = blank(Scales(HIDDEN))
    with torch.no_grad():
        scales.scale.weight[0, 0] = 1.0
    hidden = torch.zeros(1, LENGTH, HIDDEN)
    hidden[0, 7, 0] = math.log1p(30)
    assert scales(hidden, batch(sizes=[(7, 30)])).item() == pytest.approx(0, abs=1e-6)
    assert scales(hidden, batch(sizes=[(6, 30)])).item() > 1


def test_what_decides_and_what_is_named(hidden):
    decides = blank(Decides(HIDDEN, LABELS))
    assert decides(hidden, batch()).item() == 0
    one = decides(hidden, batch(decisions=[(2, 3)])).item()
    assert one == pytest.approx(math.log(len(DECISIONS)), abs=1e-5)
    both = decides(hidden, batch(decisions=[(2, 3)], names=[(2, 4)])).item()
    assert both == pytest.approx(math.log(len(DECISIONS)) + math.log(LABELS), abs=1e-5)
    with torch.no_grad():
        decides.name.bias[4] = 30.0
    assert decides(hidden, batch(names=[(2, 4)])).item() == pytest.approx(0, abs=1e-4)
    assert decides(hidden, batch(names=[(2, 1)])).item() == pytest.approx(30, abs=1e-4)
