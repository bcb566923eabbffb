"""The public face: lazy, complete, and it shadows no builtin that people need."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sage_inspect


def test_every_public_name_can_be_had():
    for name in sage_inspect.__all__:
        assert getattr(sage_inspect, name) is not None
    assert "eval" not in sage_inspect.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sage_inspect.nothing  # noqa: B018


def test_import_costs_nothing_heavy():
    script = "import sage_inspect, sys; print(sorted({'torch', 'numpy', 'pydantic', 'langgraph', 'chromadb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
