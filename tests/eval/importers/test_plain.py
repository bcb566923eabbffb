"""Anything becomes JSON-plain, and bytes become references."""

import json

import numpy as np
from langchain_core.messages import AIMessage

from sage_inspect.eval.importers.plain import plain


def test_kinds():
    made = plain({1: np.float32(0.5), "a": np.arange(2), "b": {2, 1}, "c": b"xy", "d": float("nan"), "e": object,
                  "f": AIMessage("hi")})  # fmt: skip
    assert json.loads(json.dumps(made, allow_nan=False))["a"] == [0, 1]
    assert made["1"] == 0.5 and made["d"] == "nan" and made["c"].startswith("sha256:") and made["f"]["content"] == "hi"


def test_a_cycle_ends():
    loop: list = []
    loop.append(loop)
    json.dumps(plain(loop))
