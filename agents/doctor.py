"""What is installed, which device and model, which stores: each with whether it is all right."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from ..errors import SageInspectError
from ..models.loading import load_model, model_name
from ..settings import Settings, get_settings
from .stores import open_stores

_PACKAGES = (
    "langgraph",
    "langchain-core",
    "torch",
    "transformers",
    "chromadb",
    "pydantic",
    "pillow",
    "opencv-python-headless",
)


class Row(NamedTuple):
    """One thing that was looked at."""

    name: str
    ok: bool
    value: str


def examine_installation(model: str | None = None, settings: Settings | None = None) -> list[Row]:
    """Look at Python, packages, device, model and stores. Nothing is changed but that missing stores are made."""
    settings = settings or get_settings()
    rows = [Row("python", True, platform.python_version())]
    for package in _PACKAGES:
        try:
            rows.append(Row(package, True, version(package)))
        except PackageNotFoundError:
            rows.append(Row(package, False, "not installed; run make demo, or pip install sage-inspect"))
    rows.append(Row("cores", True, str(os.cpu_count())))
    rows.append(_look("device", _device))
    rows.append(_look("model", lambda: model_name(load_model(model or settings.model, settings))))
    rows.append(Row("home", True, str(settings.home)))
    rows.append(_look("facts", lambda: _count(open_stores(settings).facts.count(), "facts")))
    rows.append(_look("golden images", lambda: _count(len(open_stores(settings).golden.list()), "golden images")))
    return rows


def _look(name: str, what: Callable[[], str]) -> Row:
    try:
        return Row(name, True, what())
    except SageInspectError as error:
        return Row(name, False, str(error))


def _count(number: int, what: str) -> str:
    return f"{number} {what}"


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"cuda: {torch.cuda.get_device_name()}"
    return "mps" if torch.backends.mps.is_available() else f"cpu, {torch.get_num_threads()} threads"
