"""Formats of traces by name: `--format NAME` reads another agent's files through an importer.

An importer is a function `(path) -> Iterator[Trace]` that keeps what has no place in our types in `extra`. Those of
this package lie in eval/importers; a person adds theirs with `@register_importer("name")`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import BadInput
from ..schema import Trace

Importer = Callable[[Path], Iterator[Trace]]
IMPORTERS: dict[str, Importer] = {}


def register_importer(name: str) -> Callable[[Importer], Importer]:
    """Add an importer under a format's name.

    Raises:
        ValueError: there is one of this name already.
    """

    def add(function: Importer) -> Importer:
        if name in IMPORTERS:
            raise ValueError(f"an importer named {name!r} is registered already")
        IMPORTERS[name] = function
        return function

    return add


def importer(name: str) -> Importer:
    """The importer of a format.

    Raises:
        BadInput: there is none of this name.
    """
    _load()
    if name not in IMPORTERS:
        known = ", ".join(sorted(IMPORTERS)) or "none is installed"
        raise BadInput(f"--format {name}", "there is no importer of this name", f"known: {known}")
    return IMPORTERS[name]


def _load() -> None:
    """Import every module of eval/importers, so that each registers itself."""
    try:
        package = importlib.import_module(".importers", __package__)
    except ModuleNotFoundError:
        return
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f".importers.{module.name}", __package__)
