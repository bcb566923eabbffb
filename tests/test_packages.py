"""What a wheel holds: every package of the tree is listed in pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_package_is_listed_once():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert len(set(listed)) == len(listed)
    top = {name.split(".")[1] for name in listed if "." in name} | {
        p.parent.name for p in ROOT.glob("[a-z]*/__init__.py") if p.parent.name != "build"
    }
    there = {
        "sage_inspect." + ".".join(init.parent.relative_to(ROOT).parts)
        for folder in top
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert there <= set(listed)
    assert all((ROOT / Path(*name.split(".")[1:])).is_dir() for name in listed)
