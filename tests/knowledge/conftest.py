from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest


class HandVectors:
    """An embedding with vectors by hand; texts it does not know get a vector of their own, unlike any other."""

    embedding_name = "hand"

    def __init__(self, **known: Sequence[float]) -> None:
        self.known = dict(known)
        self.calls: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(list(texts))
        out = np.zeros((len(texts), 8), np.float32)
        for row, text in zip(out, texts, strict=True):
            if text in self.known:
                row[: len(self.known[text])] = self.known[text]
            else:
                row[4 + sum(text.encode()) % 4] = 1.0
            row /= np.linalg.norm(row)
        return out


@pytest.fixture
def hand() -> HandVectors:
    return HandVectors()
