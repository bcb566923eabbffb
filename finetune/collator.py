"""From records to batches of stage 1: the loss is on the answer and on the token that ends it, nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .edpo.questions import Question
from .encoder import Encoder
from .records import Example

IGNORED = -100
"""Label of tokens that carry no loss."""


def to_row(example: Example, folder: Path, encoder: Encoder) -> dict[str, Any]:
    """A record as the trainer's data set has it: `id`, `images` (paths from here), `prompt`, `answer`, `length`.

    Raises:
        BadInput: it is longer than the encoder's limit, or an image's header cannot be read; names the record.
    """
    row = {
        "id": example.id,
        "images": [str(folder / image) for image in example.images],
        "prompt": example.prompt,
        "answer": example.answer,
    }
    (length,) = encoder.check([_question(row)])
    return {**row, "length": length}


def _question(row: Mapping[str, Any]) -> Question:
    """A row as the encoder takes it: a question with one answer."""
    return Question(row["id"], tuple(map(Path, row["images"])), row["prompt"], (row["answer"],), ())


class AnswerCollator:
    """Batches for stage 1 (method.md section 1, "Training stage 1"): loss on the answer only.

    Called with rows of `to_row` it returns what the model takes and `labels` `int64[n, t]`, -100 where there is no
    loss; padded on the right. Rows with more images come first.

    Args:
        encoder: of the model.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The batch of `rows`."""
        # Processors take a batch that mixes rows with and without images only where the first has some.
        questions = [_question(row) for row in sorted(rows, key=lambda row: -len(row["images"]))]
        answers = [self.encoder.answer(question.answers[0]) for question in questions]
        return join(self.encoder.prompts(questions), answers, self.encoder.tokenizer.pad_token_id)


def join(inputs: Mapping[str, Any], answers: Sequence[Sequence[int]], pad: int) -> dict[str, Any]:
    """Prompts and answers as one sequence a row, with labels on the answers.

    Args:
        inputs: the processor's output for the prompts, padded on either side; tensors that go token by token (types)
            are continued with zeros.
        answers: token ids, one list a row.
        pad: id of the padding token.
    """
    mask = inputs["attention_mask"].bool()
    shape = inputs["input_ids"].shape
    told = [torch.tensor(answer, dtype=inputs["input_ids"].dtype) for answer in answers]
    longest = int((mask.sum(1) + torch.tensor([len(answer) for answer in answers])).max())

    def laid(values: Tensor, fill: int, tails: Iterable[Tensor]) -> Tensor:
        out = torch.full((shape[0], longest), fill, dtype=values.dtype)
        for row, tail in enumerate(tails):
            line = torch.cat([values[row][mask[row]], tail.to(values.dtype)])
            out[row, : len(line)] = line
        return out

    batch = dict(inputs)
    for key, values in inputs.items():
        if isinstance(values, Tensor) and values.shape == shape and not key.startswith(("pixel", "image")):
            batch[key] = laid(values, 0, [torch.zeros_like(tail) for tail in told])
    batch["input_ids"] = laid(inputs["input_ids"], pad, told)
    batch["attention_mask"] = laid(inputs["attention_mask"], 0, [torch.ones_like(tail) for tail in told])
    batch["labels"] = laid(torch.full_like(inputs["input_ids"], IGNORED), IGNORED, told)
    return batch
