"""The commands under `sage-inspect knowledge`: what the agent knows, who says so, and whether it is sound."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import BadInput
from ..json_option import JSON, tell

if TYPE_CHECKING:
    from ..knowledge.ingest_folder import Ingested
    from ..knowledge.versions import FactVersion


def _user() -> str:
    """The name of whoever runs the command, "" where the system does not know it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # what it raises differs between systems and versions
        return ""


@click.group()
def knowledge() -> None:
    """Facts about objects: what the agent knows, who says so, and what is a kind of what."""


_SHOWN = 12
_BY = click.option("--by", default=_user, show_default="the user's name", help="Who says so.")
_WHY = click.option("--why", default="", help="The reason, in one line.")


@knowledge.command("add")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--object", "object_name", default=None, help="Object of documents that name none.")
@_BY
@JSON
def knowledge_add(path: Path, object_name: str | None, by: str, as_json: bool) -> None:
    """Add the facts in PATH: a document or a folder of PDF, Markdown, text, CSV, JSONL (or MMAD's domain knowledge)."""
    from ..agents.stores import open_stores
    from ..knowledge.ingest_folder import ingest_into

    with _pages_bar() as turned:
        done = ingest_into(open_stores().facts, path, object=object_name, by=by, progress=turned)
    for problem in done.problems[:_SHOWN]:
        click.echo(f"left out: {problem}", err=True)
    if len(done.problems) > _SHOWN:
        click.echo(f"left out: {len(done.problems) - _SHOWN} more (--json names them all)", err=True)
    if not done.any:
        raise BadInput(str(path), "not a single fact in it could be read", "see the lines above")
    if done.quarantined:
        click.echo("what is quarantined reads like instructions to a model: see sage-inspect knowledge check", err=True)
    if done.others:
        told = ", ".join(f"{n} {ending}" for ending, n in sorted(done.others.items()))
        click.echo(f"passed over: {told}", err=True)
    rows = {
        **done.facts._asdict(),
        "quarantined": done.quarantined,
        "documents": done.documents,
        "unchanged": done.unchanged,
        "problems": list(map(str, done.problems)),
    }
    tell(rows, as_json, f"{_added(done)}, {len(done.problems)} left out")


@knowledge.command("search")
@click.argument("text")
@click.option("--object", "object_name", default=None)
@click.option("-k", "count", default=8, show_default=True, type=click.IntRange(1, 100))
@JSON
def knowledge_search(text: str, object_name: str | None, count: int, as_json: bool) -> None:
    """Search the facts by meaning."""
    from ..agents.stores import open_stores

    found = open_stores().facts.recall(text, object=object_name, k=count)
    rows = [
        {"key": f.fact.id, "score": round(f.score, 4), **f.fact.model_dump(mode="json", exclude={"id"})} for f in found
    ]
    _table(rows, as_json, "facts", ("key", "score", "object", "kind", "source", "text"))


@knowledge.command("list")
@click.option("--object", "object_name", default=None)
@click.option("--all", "everything", is_flag=True, help="Also what was retired or waits for approval.")
@JSON
def knowledge_list(object_name: str | None, everything: bool, as_json: bool) -> None:
    """List the facts that hold; with --all also those that do not."""
    from ..agents.stores import open_stores

    facts = open_stores().facts
    rows = [{"state": "holds", **f.model_dump(mode="json")} for f in facts.list(object_name)]
    if everything:
        rows += [{"state": _ended(v), **v.fact.model_dump(mode="json")} for v in facts.withdrawn(object_name)]
    columns = ("id", "object", "kind", "from", "says", "text")
    if not as_json:
        rows = [{**row, "says": _says(row), "from": _from(row)} for row in rows]
    _table(rows, as_json, "facts", ("state", *columns) if everything else columns)


@knowledge.command("edit")
@click.argument("id")
@click.argument("text", required=False)
@click.option("--object", "object_name", default=None, help="Another object that it is about.")
@click.option("--kind", default=None, help="Another kind of fact.")
@click.option("--allows", multiple=True, help="Defect types that it permits (a criterion); '' for none.")
@_BY
@_WHY
@JSON
def knowledge_edit(
    id: str,
    text: str | None,
    object_name: str | None,
    kind: str | None,
    allows: tuple[str, ...],
    by: str,
    why: str,
    as_json: bool,
) -> None:
    """Make the next version of fact ID, e.g. with another TEXT; the one before stays in its history."""
    from ..agents.stores import open_stores
    from ..knowledge.reread import reread

    facts = open_stores().facts
    changes = reread(facts.get(id), text=text, object=object_name, kind=kind, allows=allows or None)
    done = facts.edit(id, by=by, why=why, **changes)
    tell({"fact": done.model_dump(mode="json")}, as_json, f"version {done.version}: {done.id} {done.text}")


@knowledge.command("retire")
@click.argument("id")
@_BY
@_WHY
@JSON
def knowledge_retire(id: str, by: str, why: str, as_json: bool) -> None:
    """Take fact ID out of use; it is never recalled again and stays in its history."""
    from ..agents.stores import open_stores

    fact = open_stores().facts.retire(id, by=by, why=why)
    tell({"retired": fact.id}, as_json, f"retired {fact.id}: {fact.text}")


@knowledge.command("restore")
@click.argument("id")
@_BY
@_WHY
@JSON
def knowledge_restore(id: str, by: str, why: str, as_json: bool) -> None:
    """Bring the retired fact ID back."""
    from ..agents.stores import open_stores

    fact = open_stores().facts.restore(id, by=by, why=why)
    tell({"restored": fact.id, "version": fact.version}, as_json, f"restored {fact.id}: {fact.text}")


@knowledge.command("history")
@click.argument("id")
@JSON
def knowledge_history(id: str, as_json: bool) -> None:
    """What befell fact ID: every version with its author and time, also of facts that were retired."""
    from ..agents.stores import open_stores
    from ..knowledge.versions import told

    rows = [{**row, "at": row["at"][:19]} for row in told(open_stores().facts.history(id))]
    _table(rows, as_json, "history", ("version", "action", "by", "at", "why", "text", "id"))


@knowledge.command("is-a")
@click.argument("object_name", metavar="OBJECT")
@click.argument("kind", metavar="KIND")
@click.option("--not", "remove", is_flag=True, help="Take it back: OBJECT is no KIND.")
@_BY
@JSON
def knowledge_is_a(object_name: str, kind: str, remove: bool, by: str, as_json: bool) -> None:
    """Tell that OBJECT is a KIND: facts on KIND then hold for OBJECT too ("mainboard 7" "bare board")."""
    from ..agents.stores import open_stores

    taxonomy = open_stores().facts.taxonomy
    said = taxonomy.untell(object_name, kind) if remove else taxonomy.tell(object_name, kind, by=by)
    tell(said._asdict(), as_json, f"{said.object} is {'no' if remove else 'a'} {said.kind}")


@knowledge.command("taxonomy")
@JSON
def knowledge_taxonomy(as_json: bool) -> None:
    """List what is a kind of what."""
    from ..agents.stores import open_stores
    from ..knowledge.taxonomy import tree

    told = open_stores().facts.taxonomy.relations()
    tell({"taxonomy": [r._asdict() for r in told]}, as_json, "\n".join(tree(told)) or "nothing")


@knowledge.command("check")
@click.option("--strict", is_flag=True, help="Exit with 1 where there is anything to complain of.")
@_BY
@JSON
def knowledge_check(strict: bool, by: str, as_json: bool) -> None:
    """Look for contradictions, orphans, lost documents and instructions among the facts; the latter are quarantined."""
    from ..agents.stores import open_stores
    from ..knowledge.check import check

    stores = open_stores()
    found = check(stores.facts, used=stores.golden.objects(), by=by)
    rows = [{"check": c.check, "message": c.message, "facts": list(c.facts)} for c in found]
    if as_json:
        _table(rows, as_json, "complaints", ())
    for complaint in () if as_json else found:
        click.echo(f"{complaint.check}: {complaint.message} ({', '.join(complaint.facts) or 'no fact'})")
    if not found and not as_json:
        click.echo("nothing to complain of")
    if strict and found:
        raise SystemExit(1)


@knowledge.command("approve")
@click.argument("id")
@_BY
@_WHY
@JSON
def knowledge_approve(id: str, by: str, why: str, as_json: bool) -> None:
    """Let the quarantined fact ID be recalled: you read it, and it is no instruction to the model."""
    from ..agents.stores import open_stores

    fact = open_stores().facts.approve(id, by=by, why=why)
    tell({"approved": fact.id, "version": fact.version}, as_json, f"approved {fact.id}: {fact.text}")


@contextmanager
def _pages_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar of the pages read so far, on a terminal's stderr; None elsewhere."""
    from rich.markup import escape
    from rich.progress import Progress

    from .. import console

    if not console.err.is_terminal:
        yield None
        return
    with Progress(console=console.err, transient=True) as bar:
        task = bar.add_task("reading")
        yield lambda name, done, total: bar.update(task, description=escape(name), completed=done, total=total)


def _added(done: Ingested) -> str:
    report = done.facts
    words = [f"{report.added} facts added", f"{report.duplicates} known already"]
    words += [f"{report.updated} raised"] * bool(report.updated)
    words += [f"{report.withheld} withheld (edited, retired or not approved)"] * bool(report.withheld)
    words += [f"{done.quarantined} quarantined"] * bool(done.quarantined)
    return ", ".join(words + [f"{done.unchanged} documents unchanged"] * bool(done.unchanged))


def _says(fact: dict[str, Any]) -> str:
    """What a criterion was understood to say, so that a person sees what will be applied."""
    limit = fact["criterion"]
    permits = [f"permits {', '.join(fact['allows'])}"] * bool(fact["allows"])
    if limit:
        permits.append(
            f"{limit['of']} {limit['quantity']} {limit['comparison']} {limit['limit']:g} {limit['unit']}".strip()
        )
    return "; ".join(permits)


def _from(fact: dict[str, Any]) -> str:
    return fact["source"] if fact["version"] == 1 else f"{fact['source']}, version {fact['version']}"


def _ended(version: FactVersion) -> str:
    return version.ended.action if version.ended else "holds"


def _table(rows: list[dict[str, Any]], as_json: bool, name: str, columns: Iterable[str]) -> None:
    from .. import console

    console.show_rows(rows, columns, name, as_json=as_json)
