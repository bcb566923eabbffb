from __future__ import annotations

import sqlite3

import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.knowledge.failures import told


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (sqlite3.OperationalError("database or disk is full"), RunFailed, "disk is full"),
        (OSError(28, "No space left on device"), RunFailed, "No space left on device"),
        (type("PanicException", (BaseException,), {})("index\n9"), BadInput, "gave up on the database (index 9)"),
        (KeyError("mine"), KeyError, "mine"),
    ],
)
def test_what_is_the_store_s_is_one_line_and_the_rest_passes(tmp_path, error, kind, words):
    with pytest.raises(kind) as failed, told(tmp_path):
        raise error
    assert words in str(failed.value) and "\n" not in str(failed.value)
