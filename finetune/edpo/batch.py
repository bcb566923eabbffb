"""From questions to tensors: images and prompt once, and the answers behind them in one row.

Packed: `[prompt | a_1 | a_2 | ...]`. Every answer sees the prompt and itself, never another answer, and its positions
begin where the prompt's end, so that each token is computed as if its answer stood there alone. Prompts are padded on
the left: the answers of all rows begin in the same column, and only that part goes through the language model's head.
Nothing is ever cut off (method.md, E-DPO).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from ..encoder import Encoder
from .questions import Question

Mode = Literal["packed", "shared", "repeated"]
"""How answers share what is before them: `packed` shares images and prompt; `shared` gives every answer its own row and
shares the encoded images; `repeated` shares nothing."""
PADDING = -1
"""In `segments`: a column that is no token; 0 is the prompt, 1 and up the row's answers."""


def images_first(questions: Sequence[Question]) -> list[Question]:
    """The order in which a batch has them: processors take images by rows only where the first row has some."""
    return sorted(questions, key=lambda q: not q.images)


class Collator:
    """Batches of questions as tensors.

    Attributes:
        mode: how answers share their prompt; may be set between batches.

    Args:
        encoder: of the model.
        mode: see `Mode`.
        positions: a model's own `get_rope_index`, where image tokens take more than one axis of positions; else None.
        reference: log-probabilities of answers' tokens under the reference by `Question.key`; None leaves them out.
    """

    def __init__(
        self,
        encoder: Encoder,
        mode: Mode = "packed",
        positions: Callable[..., tuple[Tensor, Tensor]] | None = None,
        reference: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self.encoder = encoder
        self.mode: Mode = mode
        self.positions = positions
        self.reference = reference

    @property
    def _pad(self) -> int:
        return int(self.encoder.tokenizer.pad_token_id or 0)

    def __call__(self, questions: Sequence[Question]) -> dict[str, Any]:
        """A batch.

        Returns:
            `parts`: a list of rows to run, each `inputs` for the model's forward and where the answers' tokens are
            (`rows`, `columns` of the position that predicts them, `targets`, `prompt`: columns of the prompt;
            packed rows also `segments`); `owner`: the answer of each token, over all parts; `winner`, `loser`, `delta`,
            `far`: of the pairs; `best`: answer of each question; `reference`: as `owner`, where it is known.
        """
        questions = images_first(questions)
        groups = [questions] if self.mode == "packed" else [[q] for q in questions]
        parts, owner, counted = [], [], 0
        for group in groups:
            ids = [self.encoder.answer(text) for q in group for text in q.answers]
            part = self._packed(group, ids) if self.mode == "packed" else self._rows(group[0], ids)
            parts.append(part)
            owner += [counted + i for i, answer in enumerate(ids) for _ in answer]
            counted += len(ids)
        batch = {"parts": parts, "owner": torch.tensor(owner), **_pairs(questions)}
        if self.reference is not None:
            known = [self.reference[q.key(i)] for q in questions for i in range(len(q.answers))]
            batch["reference"] = torch.tensor([value for answer in known for value in answer])
        return batch

    def _packed(self, questions: Sequence[Question], ids: list[list[int]]) -> dict[str, Any]:
        inputs = self.encoder.prompts(questions)
        prompt_ids, mask = inputs["input_ids"], inputs.pop("attention_mask")
        width = prompt_ids.shape[1]
        places = (mask.cumsum(1) - 1).clamp(min=0)
        if self.positions is not None and any(q.images for q in questions):
            places = self.positions(**inputs, attention_mask=mask)[0]
        starts = places.amax(-1) + 1
        answers = iter(ids)
        rows: list[list[tuple[int, int, int]]] = []  # of every row (token, segment, step within its answer)
        where: list[tuple[int, int, int]] = []
        for row, question in enumerate(questions):
            line: list[tuple[int, int, int]] = []
            for segment in range(1, len(question.answers) + 1):
                for step, token in enumerate(next(answers)):
                    where.append((row, width + len(line) - 1 if step else width - 1, token))
                    line.append((token, segment, step))
            self.encoder.refuse(question, int(mask[row].sum()) + max(step + 1 for _, _, step in line))
            rows.append(line)
        tail = max(map(len, rows))
        padded = [line + [(self._pad, PADDING, 0)] * (tail - len(line)) for line in rows]
        tokens, segments, steps = torch.tensor(padded).unbind(-1)
        inputs = extended(inputs, tokens)
        # Positions may have several axes in front: [..., rows, columns].
        inputs["position_ids"] = torch.cat([places, starts[..., None] + steps.expand(*places.shape[:-1], tail)], -1)
        return {
            "inputs": inputs,
            "segments": torch.cat([torch.where(mask.bool(), 0, PADDING), segments], 1),
            "prompt": width,
            **_places(where),
        }

    def _rows(self, question: Question, ids: list[list[int]]) -> dict[str, Any]:
        inputs = self.encoder.prompts([question])
        mask = inputs.pop("attention_mask")
        width, tail, count = mask.shape[1], max(map(len, ids)), len(ids)
        self.encoder.refuse(question, width + tail)
        tokens = torch.tensor([answer + [self._pad] * (tail - len(answer)) for answer in ids])
        real = torch.tensor([[1] * len(answer) + [0] * (tail - len(answer)) for answer in ids])
        sequences = {k: v.expand(count, -1) for k, v in inputs.items() if _is_sequence(k, v, inputs)}
        images = {k: v for k, v in inputs.items() if k not in sequences}
        inputs = {**extended(sequences, tokens), "attention_mask": torch.cat([mask.expand(count, -1), real], 1)}
        where = [(row, width + step - 1, token) for row, answer in enumerate(ids) for step, token in enumerate(answer)]
        if self.mode == "repeated":
            inputs |= {k: v.repeat(count, *[1] * (v.dim() - 1)) for k, v in images.items()}
            images = {}
        return {"inputs": inputs, "images": images, "prompt": width, **_places(where)}


def extended(inputs: dict[str, Tensor], tokens: Tensor) -> dict[str, Tensor]:
    """Prompt tensors `[rows, t]` with the answers' `tokens` behind them; other per-token tensors (types) get 0."""
    out = dict(inputs)
    for name, value in inputs.items():
        if _is_sequence(name, value, inputs):
            more = tokens if name == "input_ids" else torch.zeros_like(tokens)
            out[name] = torch.cat([value, more.to(value.dtype)], 1)
    return out


def _is_sequence(name: str, value: Tensor, inputs: Mapping[str, Tensor]) -> bool:
    return value.shape == inputs["input_ids"].shape and not name.startswith(("image", "pixel"))


def _places(where: list[tuple[int, int, int]]) -> dict[str, Tensor]:
    rows, columns, targets = torch.tensor(where).unbind(-1)
    return {"rows": rows, "columns": columns, "targets": targets}


def _pairs(questions: Sequence[Question]) -> dict[str, Tensor]:
    first, winner, loser, delta, far, best = 0, [], [], [], [], []
    for question in questions:
        best.append(first)
        for pair in question.pairs:
            winner.append(first + pair.winner)
            loser.append(first + pair.loser)
            delta.append(pair.delta)
            far.append(pair.kind == "far")
        first += len(question.answers)
    return {
        "winner": torch.tensor(winner),
        "loser": torch.tensor(loser),
        "delta": torch.tensor(delta),
        "far": torch.tensor(far),
        "best": torch.tensor(best),
    }
