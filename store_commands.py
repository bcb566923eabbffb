"""The commands under `sage-inspect knowledge` and `sage-inspect golden`: what the stores hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from .errors import BadInput
from .json_option import JSON, tell


@click.group()
def knowledge() -> None:
    """Facts about objects: add, search, list, remove."""


@knowledge.command("add")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--object", "object_name", default=None, help="Object of facts that name none.")
@JSON
def knowledge_add(path: Path, object_name: str | None, as_json: bool) -> None:
    """Add the facts in PATH: JSONL, Markdown, text, or MMAD's domain knowledge."""
    from .agents.stores import open_stores
    from .knowledge.ingest import ingest

    report = ingest(path, object=object_name)
    for problem in report.problems:
        click.echo(f"left out: {problem}", err=True)
    if not report.facts:
        raise BadInput(str(path), "not a single fact in it could be read", "see the lines above")
    added = open_stores().facts.add(report.facts)
    done = {"added": added.added, "duplicates": added.duplicates, "problems": list(map(str, report.problems))}
    tell(done, as_json, f"{added.added} facts added, {added.duplicates} known already, {len(report.problems)} left out")


@knowledge.command("search")
@click.argument("text")
@click.option("--object", "object_name", default=None)
@click.option("-k", "count", default=8, show_default=True, type=click.IntRange(1, 100))
@JSON
def knowledge_search(text: str, object_name: str | None, count: int, as_json: bool) -> None:
    """Search the facts by meaning."""
    from .agents.stores import open_stores

    found = open_stores().facts.recall(text, object=object_name, k=count)
    rows = [
        {"key": f.fact.id, "score": round(f.score, 4), **f.fact.model_dump(mode="json", exclude={"id"})} for f in found
    ]
    _table(rows, as_json, "facts", ("score", "object", "kind", "source", "text", "key"))


@knowledge.command("list")
@click.option("--object", "object_name", default=None)
@JSON
def knowledge_list(object_name: str | None, as_json: bool) -> None:
    """List the facts."""
    from .agents.stores import open_stores

    rows = [f.model_dump(mode="json") for f in open_stores().facts.list(object_name)]
    _table(rows, as_json, "facts", ("object", "kind", "source", "text", "id"))


@knowledge.command("remove")
@click.argument("id")
@JSON
def knowledge_remove(id: str, as_json: bool) -> None:
    """Remove the fact with this ID."""
    from .agents.stores import open_stores

    open_stores().facts.remove(id)
    tell({"removed": id}, as_json, f"removed {id}")


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
    from .agents.stores import open_stores

    rows = [{"object": g.object, **g.ref.model_dump()} for g in open_stores().golden.list(object_name)]
    _table(rows, as_json, "golden", ("object", "name", "width", "height", "sha256"))


def _table(rows: list[dict[str, Any]], as_json: bool, name: str, columns: Iterable[str]) -> None:
    from . import console

    console.show_rows(rows, columns, name, as_json=as_json)
