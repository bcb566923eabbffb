"""Replies on disk: whole or not there, keyed by everything they depend on, and a full disk is told."""

from __future__ import annotations

import pytest

from sage_inspect.errors import RunFailed
from sage_inspect.eval.judge.cache import Replies, key_of


def test_kept_and_found_again(tmp_path):
    replies = Replies(tmp_path / "cache")
    key = key_of("model", "prompt")
    assert replies.get(key) is None
    replies.put(key, "wörds", model="m")
    assert Replies(tmp_path / "cache").get(key) == "wörds"
    assert [p.suffix for p in tmp_path.rglob("*") if p.is_file()] == [".json"]  # no half-written file stays


def test_parts_do_not_run_together():
    assert key_of("ab", "c") != key_of("a", "bc")


def test_without_a_folder_nothing_is_kept():
    Replies(None).put("k" * 64, "x")
    assert Replies(None).get("k" * 64) is None


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="cannot be kept"):
        Replies(tmp_path / "file").put("k" * 64, "x")
