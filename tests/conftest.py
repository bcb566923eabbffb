"""Shared by all tests: every test has its own home, and nothing reaches a hub."""

from __future__ import annotations

import os
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

import pytest

from sage_inspect.images import ImageStore
from sage_inspect.settings import get_settings

from .server import Server


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty home for stores and runs."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SAGE_INSPECT_HOME", str(folder))
    get_settings.cache_clear()
    yield folder
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """A home whose stores hold the starter facts: made once, copied by the tests that need one."""
    folder = tmp_path_factory.mktemp("seeded") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGE_INSPECT_HOME", str(folder))
        get_settings.cache_clear()
        from sage_inspect.agents.stores import open_stores

        open_stores()
    get_settings.cache_clear()
    return folder


@pytest.fixture
def seeded_home(home, seeded):
    """The test's home, with the starter facts in it."""
    shutil.copytree(seeded, home)
    return home


@pytest.fixture
def sage(seeded_home, monkeypatch, capsys):
    """Runs `sage-inspect WORDS` in this process: exit code, stdout, stderr."""

    from sage_inspect import cli

    def run(*words, stdin=""):
        monkeypatch.setattr(sys, "argv", ["sage-inspect", *map(str, words)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", __import__("io").StringIO(stdin))
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def images(home):
    """An image store in the test's home."""
    return ImageStore(home / "images")


@pytest.fixture
def server(monkeypatch):
    """An OpenAI-compatible server; `server.reply` answers, `server.url` is its base URL."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    from sage_inspect.models import endpoint

    monkeypatch.setattr(endpoint, "_refuse_logprobs", set())
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()
