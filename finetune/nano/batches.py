"""From dialogues to batches: token ids, what counts in the loss, and what guides attention (guides.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from ...models.fact_lines import wrap_facts
from ..world.dialogues.dialogue import Dialogue
from ..world.dialogues.examine import draw_examine
from ..world.dialogues.facts import Drawn
from ..world.dialogues.general import draw_identify, draw_knowledge, draw_self_guide
from ..world.dialogues.reason import draw_reason
from ..world.family import Family
from .model import IMAGE_TOKENS, SPECIAL

PAD, EOS, IMAGE, USER, ASSISTANT, OPEN, CLOSE = range(len(SPECIAL))
ROLES = ("permit", "reject", "limit", "count", "look", "effect", "cause", "normal", "identity", "polarity")
DECISIONS = ("nothing", "no rule", "permit", "reject", "within", "above", "limit")
LIMITS = 161
"""Classes of a limit in pixels, 0 (none) to 160."""
PROMPT, ANSWER, FIRST = 1, 2, 3
"""What a token is for the loss: text of a prompt, of an answer, an answer's first token (0: nothing)."""


@dataclass(frozen=True)
class Encoded:
    """A dialogue as tokens.

    Attributes:
        ids, part: token ids, and for each token its part (`PROMPT`, ...), 0 for images.
        asked: positions where an answer or a citation begins, the label index of the type it turns on (0: none), and
            how much it counts: what only the image tells counts eight times, for it is one position among many.
        fact_links, region_links: (position, position): from where an id is said next to where it stands.
        summaries: of each fact: position of its end, label index, role, place, limit.
        sizes: position where an answer begins that a tolerance may decide, and the region's size in pixels.
        decisions: positions where answers about types begin, and what decides them (index into `DECISIONS`).
        names: position where an examination's answer begins, and the label index of the type that it names: not the
            one that is seen where a fact tells that light areas are copper.
    """

    ids: list[int]
    part: list[int]
    asked: list[tuple[int, int, int]]
    fact_links: list[tuple[int, int]]
    region_links: list[tuple[int, int]]
    summaries: list[tuple[int, int, int, int, int]]
    sizes: list[tuple[int, int]]
    decisions: list[tuple[int, int]]
    names: list[tuple[int, int]]


@dataclass(frozen=True)
class Batch:
    """Encoded dialogues, padded on the right: `ids`, `part` `int64[b, t]`; the rest `int64[k, n]`, the row first."""

    def to(self, device: torch.device) -> Batch:
        """The same on `device`."""
        return Batch(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    ids: Tensor
    part: Tensor
    asked: Tensor
    fact_links: Tensor
    region_links: Tensor
    summaries: Tensor
    sizes: Tensor
    decisions: Tensor
    names: Tensor


class Encoder:
    """Writes dialogues as the chat template and the agent do: facts wrapped, one `<user>` and `<assistant>` a turn.

    Args:
        tokenizer: nano's.
        labels: the world's label names; label 0 is none.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, labels: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        self._labels = {name: i for i, name in enumerate(labels)} | {"": 0}
        ids = tokenizer.convert_tokens_to_ids
        self._facts = {ids(f"[F{i}]"): i for i in range(1, 13)}
        self._regions = {ids(f"[R{i}]") for i in range(1, 33)}

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text; fact lines wrapped."""
        return self.tokenizer(wrap_facts(text), add_special_tokens=False)["input_ids"]

    def __call__(self, dialogue: Dialogue) -> Encoded:
        """Encode a dialogue."""
        ids: list[int] = []
        part: list[int] = []
        asked: list[tuple[int, int, int]] = []
        fact_links: list[tuple[int, int]] = []
        region_links: list[tuple[int, int]] = []
        ends: list[int] = []
        begins: list[int] = []
        names: list[tuple[int, int]] = []
        where: dict[int, int] = {}
        for number, turn in enumerate(dialogue.turns):
            pictures = [IMAGE] * (IMAGE_TOKENS * dialogue.images) if number == 0 else []
            prompt, answer = self.tokens(turn.prompt), self.tokens(turn.answer)
            begin = len(ids) + 1 + len(pictures)
            ids += [USER, *pictures, *prompt, ASSISTANT]
            part += [0] * (1 + len(pictures)) + [PROMPT] * len(prompt) + [0]
            if number == 0:
                ends = [i for i in range(begin, len(ids)) if ids[i] == CLOSE]
            # Ids of regions stand at the head of their line; the last one named is the one that is meant.
            where |= {ids[i]: i for i in range(begin, len(ids)) if ids[i] in self._regions}
            start, label = len(ids) - 1, self._labels.get(turn.asked or "", 0)
            begins.append(start)
            shown = dialogue.label if number == 0 else None
            asked.append((start, label if shown is None else self._labels[shown], 1 if shown is None else 8))
            if shown is not None:
                names.append((start, label))
            fact_links.append((start, ends[turn.fact - 1] if turn.fact else start))
            ids += [*answer, EOS]
            part += [FIRST, *[ANSWER] * len(answer)]
            for i in range(start + 1, len(ids)):
                if ids[i] in self._facts and self._facts[ids[i]] <= len(ends):
                    fact_links.append((i - 1, ends[self._facts[ids[i]] - 1]))
                    asked.append((i - 1, label, 1))
                elif ids[i] in self._regions and ids[i] in where:
                    region_links.append((i - 1, where[ids[i]]))
        summaries = [self._summary(end, i, f) for i, (end, f) in enumerate(zip(ends, dialogue.facts, strict=True), 1)]
        sizes = [(asked[0][0], min(dialogue.size, LIMITS - 1))] if dialogue.size else []
        decisions = [(at, DECISIONS.index(what)) for at, what in self._decisions(dialogue, begins)]
        return Encoded(ids, part, asked, fact_links, region_links, summaries, sizes, decisions, names)

    def _decisions(self, dialogue: Dialogue, begins: list[int]) -> Iterator[tuple[int, str]]:
        for number, (turn, at) in enumerate(zip(dialogue.turns, begins, strict=True)):
            role = dialogue.facts[turn.fact - 1].role if turn.fact else ""
            if number == 0 and dialogue.kind == "examine":
                if role == "limit":
                    yield at, "within" if turn.answer.startswith("False") else "above"
                else:
                    yield at, role if role in ("permit", "reject") else "no rule" if turn.asked else "nothing"
            elif role in ("permit", "reject", "limit"):
                yield at, role

    def _summary(self, end: int, place: int, fact: Drawn) -> tuple[int, int, int, int, int]:
        limit = min(fact.limit, LIMITS - 1) if fact.role in ("limit", "count", "polarity") else 0
        return end, self._labels[fact.type or ""], ROLES.index(fact.role), place, limit


def collate(rows: Sequence[Encoded]) -> Batch:
    """A batch of encoded dialogues."""
    longest = max(len(r.ids) for r in rows)
    ids, part = torch.full((len(rows), longest), PAD), torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        part[i, : len(row.part)] = torch.tensor(row.part)

    def gathered(name: str, width: int) -> Tensor:
        found = [(i, *entry) for i, row in enumerate(rows) for entry in getattr(row, name)]
        return torch.tensor(found).T if found else torch.zeros(width, 0, dtype=torch.long)

    return Batch(
        ids,
        part,
        gathered("asked", 4),
        gathered("fact_links", 3),
        gathered("region_links", 3),
        gathered("summaries", 6),
        gathered("sizes", 3),
        gathered("decisions", 3),
        gathered("names", 3),
    )


def draw_dialogue(family: Family, label: str, rng: np.random.Generator, most: int, turns: int) -> Dialogue:
    """A training dialogue of a family; `label` is what the window before it shows ("" for nothing)."""
    roll = rng.random()
    if roll < 0.6:
        return draw_examine(family, family.type(label) if label else None, rng, most=most, turns=turns)
    if roll < 0.87:
        return draw_reason(family, rng, most=most, turns=turns)
    if roll < 0.95:
        return draw_knowledge(family, rng, most=most, turns=turns)
    return draw_self_guide(family, rng) if roll < 0.975 else draw_identify(family, rng)
