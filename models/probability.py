"""P(True): read from the logits of the answer token, never from prose (design.md, The path of an inspection)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage

MIN_MASS = 0.01
"""Where True and False together have less probability than this, the token is no answer to a yes/no question."""

_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_SPACE_MARKS = "▁ĠĊĉ"


def answer_value(token: str) -> bool | None:
    """True for a variant of True/Yes (case, space marks, punctuation), False for False/No, None for anything else."""
    return _WORDS.get(_bare(token).lower())


def says_something(token: str) -> bool:
    """False for white space, punctuation and control tokens, which may stand before an answer."""
    return bool(_bare(token))


def p_true(message: AIMessage) -> float | None:
    """P(True) of a yes/no answer, 0..1, from `message.response_metadata["logprobs"]` (OpenAI's shape).

    Read at the first token that is more than white space or punctuation: the probabilities of all variants of True
    and Yes over those of True, Yes, False and No. Remote endpoints list only their top 20 tokens, so a variant below
    those counts as 0 there.

    Returns:
        None without logprobs, or where both together have less than `MIN_MASS` (the answer is not a yes or no).
    """
    logprobs = message.response_metadata.get("logprobs") or {}
    for entry in logprobs.get("content") or ():
        if says_something(entry.get("token") or ""):
            return _ratio(entry)
    return None


def _ratio(entry: Mapping[str, Any]) -> float | None:
    mass = {True: 0.0, False: 0.0}
    for candidate in entry.get("top_logprobs") or ():
        value = answer_value(candidate.get("token") or "")
        logprob = candidate.get("logprob")
        if value is not None and logprob is not None:
            mass[value] += math.exp(min(0.0, logprob))
    total = mass[True] + mass[False]
    return mass[True] / total if total >= MIN_MASS else None


def _bare(token: str) -> str:
    """A token without white space, tokenizers' marks for it, punctuation and control tokens such as `<s>`."""
    token = token.strip()
    if token.startswith("<") and token.endswith(">"):
        return ""
    # A lone U+FFFD is part of some letter that a byte-level tokenizer has cut: it does say something.
    return "".join(
        c for c in token if c == "\ufffd" or (c not in _SPACE_MARKS and unicodedata.category(c)[0] not in "PSZC")
    )
