"""Losses on the inside of the language model that guide it while it learns to read.

A model this small does not discover by itself, in the hours a CPU has, that an answer hangs on one fact among eight.
So while it trains it is told where to look, by losses on its inside that are thrown away afterwards:

- a *summary* loss: half-way up, the token that ends a fact must tell the fact's type, role, place and limit;
- an *asking* loss: there too, the token before an answer must tell the type that the answer turns on;
- a *measuring* loss: sizes and limits in pixels must lie on one line there, so that they can be compared;
- a *pointing* loss: in the layer above, heads must point from an answer to the fact (or region) that it cites;
- a *deciding* loss: above that, the token before an answer must tell which kind of rule decides it, and which way,
  and the type that the answer names.

Measured (16 rows a step, width 192): after 400 steps the cited fact is right in .91 with these losses; without them in
.31 after 300 longer steps, which is chance. Inference is stock: nothing of this is left in the files.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .batches import DECISIONS, LIMITS, ROLES, Batch

MIDDLE = 2
"""Layers below the place where summaries are read; the layer above it points."""
_FACT_HEADS = slice(0, 2)
_REGION_HEAD = 2


class Guides(nn.Module):
    """The heads of the summary and asking losses, on hidden states half-way up."""

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        self.kind, self.role = nn.Linear(hidden, labels), nn.Linear(hidden, len(ROLES))
        self.place, self.limit = nn.Linear(hidden, 13), nn.Linear(hidden, LIMITS)

    def forward(self, hidden: Tensor, attention: Tensor, batch: Batch) -> Tensor:
        """The sum of the three losses.

        Args:
            hidden: `[b, t, h]` below the pointing layer; attention: `[b, heads, t, t]` of it.
        """
        entropy = nn.functional.cross_entropy
        row, place, label, weight = batch.asked
        loss = entropy(self.kind(hidden[row, place]).float(), label, reduction="none") @ weight.float() / weight.sum()
        row, end, label, role, number, limit = batch.summaries
        if len(row):
            told = hidden[row, end]
            loss = loss + entropy(self.kind(told).float(), label) + 0.5 * entropy(self.role(told).float(), role)
            loss = (
                loss + 0.5 * entropy(self.place(told).float(), number) + 0.3 * entropy(self.limit(told).float(), limit)
            )
        row, source, target = batch.fact_links
        points = attention[row, _FACT_HEADS, source, target]
        loss = loss - 0.5 * points.float().clamp_min(1e-6).log().mean()
        row, source, target = batch.region_links
        if len(row):
            loss = loss - 0.3 * attention[row, _REGION_HEAD, source, target].float().clamp_min(1e-6).log().mean()
        return loss


class Scales(nn.Module):
    """The head of the measuring loss: sizes and limits lie on one line half-way up, so that they can be compared.

    Without it a tolerance decided in .05 of the pairs when a permission did in .46.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.scale = nn.Linear(hidden, 1)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of the logarithms of limits (at a fact's end) and sizes (before an answer)."""
        row, end, _, role, _, limit = batch.summaries
        ruled = (role == ROLES.index("limit")) | (role == ROLES.index("count"))
        rows = torch.cat([row[ruled], batch.sizes[0]])
        if not len(rows):
            return hidden.new_zeros(())
        told = self.scale(hidden[rows, torch.cat([end[ruled], batch.sizes[1]])])[:, 0].float()
        return (told - torch.log1p(torch.cat([limit[ruled], batch.sizes[2]]).float())).square().mean()


class Decides(nn.Module):
    """The heads of the deciding loss: a layer above the pointing one it must tell what decides an answer about a type,
    which way, and the type that it names.
    """

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        self.decision, self.name = nn.Linear(hidden, len(DECISIONS)), nn.Linear(hidden, labels)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Mean cross entropies over the answers about types, of hidden states `[b, t, h]` above the pointing layer."""
        loss = hidden.new_zeros(()).float()
        for head, (row, at, right) in ((self.decision, batch.decisions), (self.name, batch.names)):
            if len(row):
                loss = loss + nn.functional.cross_entropy(head(hidden[row, at]).float(), right)
        return loss
