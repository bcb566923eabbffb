"""The option `--json` of every command, and a result told with it or without."""

from __future__ import annotations

import json
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else.")


def tell(done: dict[str, Any], as_json: bool, line: str) -> None:
    """Print what was done on stdout: all of `done` as JSON, or `line` for people."""
    click.echo(json.dumps(done, indent=1) if as_json else line)
