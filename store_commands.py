"""The commands under `sage-inspect golden`; those under `sage-inspect knowledge` stand in knowledge_commands.py."""

from __future__ import annotations

import click

from .errors import BadInput
from .json_option import JSON, tell
from .knowledge_commands import knowledge

__all__ = ["golden", "knowledge"]


@click.group()
def golden() -> None:
    """Golden images by object: add, list."""


@golden.command("add")
@click.argument("object_name", metavar="OBJECT")
@click.argument("paths", metavar="IMG...", nargs=-1, required=True)
@JSON
def golden_add(object_name: str, paths: tuple[str, ...], as_json: bool) -> None:
    """Add golden images of OBJECT; a bad file is named and the good ones are kept."""
    from .agents.stores import open_stores

    report = open_stores().golden.add(object_name, list(paths))
    for problem in report.problems:
        click.echo(f"left out: {problem}", err=True)
    if not report.added and not report.duplicates:
        raise BadInput(object_name, "none of the images could be added", "see the lines above")
    done = {"added": len(report.added), "duplicates": report.duplicates, "problems": list(map(str, report.problems))}
    tell(done, as_json, f"{done['added']} golden images added, {done['duplicates']} known already")


@golden.command("list")
@click.option("--object", "object_name", default=None)
@JSON
def golden_list(object_name: str | None, as_json: bool) -> None:
    """List the golden images."""
    from . import console
    from .agents.stores import open_stores

    rows = [{"object": g.object, **g.ref.model_dump()} for g in open_stores().golden.list(object_name)]
    console.show_rows(rows, ("object", "name", "width", "height", "sha256"), "golden", as_json=as_json)
