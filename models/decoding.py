"""One decoding loop for a whole batch: every row keeps its own length, temperature, seed, stop strings and stream.

Transformers' `generate` runs greedily; a logits processor chooses (and forces) the sampled tokens row by row, and a
stopping criterion ends rows one by one. So requests with different parameters share a batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria

from .probability import answer_value, says_something
from .request import Request, Response

TOP_LOGPROBS = 20
LOGPROB_STEPS = 4
"""Log-probabilities are reported up to the first token that says something, of at most so many tokens."""

_FLOOR = -9999.0


class Vocabulary:
    """What decoding asks a tokenizer for: text of ids, end tokens, and the ids of all True/False/Yes/No variants.

    Args:
        tokenizer: of the model.
        end_ids: ids that end an answer.
        size: columns of the model's logits; ids beyond it are left out.
    """

    def __init__(self, tokenizer: Any, end_ids: Sequence[int], size: int) -> None:
        self.tokenizer = tokenizer
        self.end_ids = frozenset(end_ids)
        special = set(tokenizer.all_special_ids)
        self.answer_ids = sorted(
            i
            for token, i in tokenizer.get_vocab().items()
            if i < size and i not in special and answer_value(token) is not None
        )
        self._names: dict[int, str] = {}

    def text(self, ids: Sequence[int]) -> str:
        """The text of generated ids, without special tokens."""
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def name(self, token_id: int) -> str:
        """One token as text, as OpenAI reports it."""
        if token_id not in self._names:
            self._names[token_id] = self.tokenizer.decode([token_id], clean_up_tokenization_spaces=False)
        return self._names[token_id]


class Row:
    """One request while it is decoded; `future` receives its `Response` as soon as the row ends.

    Args:
        request, future: of the caller.
        vocabulary: of the model.
        closing: tells whether the engine shuts down.
    """

    def __init__(
        self, request: Request, future: Future[Response], vocabulary: Vocabulary, closing: Callable[[], bool]
    ) -> None:
        self.request = request
        self.future = future
        self.vocabulary = vocabulary
        self.closing = closing
        self.input_tokens = 0
        self.familiarity: float | None = None
        self.ids: list[int] = []
        self.logprobs: list[dict[str, Any]] = []
        self.watching = True
        self.sent = 0
        self.done = False
        self.generator: torch.Generator | None = None
        if request.temperature > 0:
            self.generator = torch.Generator()
            if request.seed is None:
                self.generator.seed()
            else:
                self.generator.manual_seed(request.seed)

    def sample(self, scores: torch.Tensor) -> int:
        """A token id drawn from `scores` [V] at the request's temperature, with the row's own generator."""
        # The generator lives on the CPU, so that a seed gives the same answer on every device.
        chances = torch.softmax(scores.float().cpu() / self.request.temperature, dim=-1)
        return int(torch.multinomial(chances, 1, generator=self.generator))

    def watch(self, logprobs: torch.Tensor) -> None:
        """Keep the log-probabilities [V] of the step that comes: the likeliest tokens and every answer variant."""
        top = torch.topk(logprobs, min(TOP_LOGPROBS, logprobs.numel())).indices.tolist()
        ids = [*top, *(i for i in self.vocabulary.answer_ids if i not in top)]
        values = logprobs[ids].tolist()
        listed = [
            {"token": self.vocabulary.name(i), "logprob": max(v, _FLOOR)} for i, v in zip(ids, values, strict=True)
        ]
        self.logprobs.append({"top_logprobs": listed, "_all": logprobs})

    def take(self, token_id: int) -> None:
        """Add a generated token; ends the row on an end token, a stop string, its length, or a cancelled caller."""
        self.ids.append(token_id)
        if len(self.logprobs) == len(self.ids):
            entry = self.logprobs[-1]
            chosen = max(float(entry.pop("_all")[token_id]), _FLOOR)
            self.watching = not says_something(self.vocabulary.name(token_id))
            self.logprobs[-1] = {"token": self.vocabulary.name(token_id), "logprob": chosen, **entry}
        ended = token_id in self.vocabulary.end_ids
        if self.request.stop or self.request.on_text:
            text = self.vocabulary.text(self.ids)
            cut = self._cut(text)
            self._send(text if cut is None else text[:cut], last=ended or cut is not None)
            ended = ended or cut is not None
        if ended:
            self.finish("stop")
        elif len(self.ids) >= self.request.max_new_tokens:
            self.finish("length")
        elif self.future.cancelled() or self.closing():
            self.finish("cancelled")

    def _cut(self, text: str) -> int | None:
        found = [text.find(s) for s in self.request.stop if s in text]
        return min(found) if found else None

    def _send(self, text: str, *, last: bool) -> None:
        if self.request.on_text is None:
            return
        end = len(text)
        if not last:
            # An unfinished character or the beginning of a stop string waits for the next token.
            end = len(text.rstrip("\N{REPLACEMENT CHARACTER}"))
            for stop in self.request.stop:
                held = next((n for n in range(min(len(stop), end), 0, -1) if text[:end].endswith(stop[:n])), 0)
                end -= held
        if end > self.sent:
            piece, self.sent = text[self.sent : end], end
            self.request.on_text(piece)

    def finish(self, reason: str) -> None:
        """End the row and hand its response over, once."""
        if self.done:
            return
        self.done = True
        text = self.vocabulary.text(self.ids)
        cut = self._cut(text)
        text = text if cut is None else text[:cut]
        self._send(text, last=True)
        response = Response(
            text=text,
            logprobs={"content": [e for e in self.logprobs if "token" in e]},
            input_tokens=self.input_tokens,
            output_tokens=len(self.ids),
            familiarity=self.familiarity,
            finish_reason=reason,  # type: ignore[arg-type]
        )
        with contextlib.suppress(InvalidStateError):  # a caller who has cancelled
            self.future.set_result(response)


class Choose(LogitsProcessor):
    """Records the first steps' log-probabilities and forces sampled tokens; scores are [rows, V]."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.steps = 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return `scores`, in sampling rows with all but the drawn token at -inf."""
        if self.steps < LOGPROB_STEPS and any(row.watching for row in self.rows):
            logprobs = torch.log_softmax(scores.float(), dim=-1).cpu()
            for row, values in zip(self.rows, logprobs, strict=True):
                if row.watching and not row.done:
                    row.watch(values)
        self.steps += 1
        for i, row in enumerate(self.rows):
            if row.generator is not None and not row.done:
                token_id = row.sample(scores[i])
                scores[i] = float("-inf")
                scores[i, token_id] = 0.0
        return scores


class Follow(StoppingCriteria):
    """Gives each row its new token and tells `generate` which rows have ended."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Bool [rows], True where a row has ended."""
        for row, token_id in zip(self.rows, input_ids[:, -1].tolist(), strict=True):
            if not row.done:
                row.take(token_id)
        return torch.tensor([row.done for row in self.rows], device=input_ids.device)
