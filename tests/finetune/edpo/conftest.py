"""Shared by the tests of stage 2: nothing is sent anywhere."""

import pytest


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("CI", "1")  # TRL sends no telemetry then
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
