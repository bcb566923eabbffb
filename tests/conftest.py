"""Shared by all tests: every test has its own home, and nothing reaches a hub."""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

import pytest

from sage_inspect.images import ImageStore
from sage_inspect.settings import get_settings


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty home for stores and runs."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SAGE_INSPECT_HOME", str(folder))
    get_settings.cache_clear()
    yield folder
    get_settings.cache_clear()


@pytest.fixture
def images(home):
    """An image store in the test's home."""
    return ImageStore(home / "images")
