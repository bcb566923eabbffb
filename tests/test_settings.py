"""What a user can set, and what is said where it cannot be used."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.images import MAX_PIXELS
from sage_inspect.settings import Settings, get_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGE_INSPECT_MAX_PIXELS", "abc"),
        ("SAGE_INSPECT_MAX_PIXELS", "0"),
        ("SAGE_INSPECT_THREADS", "two"),
        ("SAGE_INSPECT_ENDPOINT_TIMEOUT", "soon"),
        ("SAGE_INSPECT_ALLOWED_ROOTS", "/data"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(BadInput) as refused:
        get_settings()
    text = str(refused.value)
    assert text.startswith(f"{name}: ") and "\n" not in text and refused.value.exit_code == 2


def test_the_environment_counts(monkeypatch):
    monkeypatch.setenv("SAGE_INSPECT_MAX_PIXELS", "1000")
    monkeypatch.setenv("SAGE_INSPECT_ALLOWED_ROOTS", '["/data"]')
    get_settings.cache_clear()
    assert get_settings().max_pixels == 1000 and str(get_settings().allowed_roots[0]) == "/data"


def test_the_default_limit_is_that_of_the_images():
    assert Settings().max_pixels == MAX_PIXELS == 100_000_000
