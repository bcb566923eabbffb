"""The commands under `sage-inspect golden`; those that make and use thresholds stand in thresholds.py."""

from __future__ import annotations

import click

from ..errors import BadInput
from ..json_option import JSON, tell
from .thresholds import calibrate, drifted, thresholds


@click.group()
def golden() -> None:
    """Golden images by object: add, list, find, check, remove; thresholds from them."""


@golden.command("add")
@click.argument("object_name", metavar="OBJECT")
@click.argument("paths", metavar="IMG...", nargs=-1, required=True)
@JSON
def golden_add(object_name: str, paths: tuple[str, ...], as_json: bool) -> None:
    """Add golden images of OBJECT; a bad file is named and the good ones are kept."""
    from ..agents.stores import open_stores

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
    from .. import console
    from ..agents.stores import open_stores

    rows = [{"object": g.object, **g.ref.model_dump()} for g in open_stores().golden.list(object_name)]
    console.show_rows(rows, ("object", "name", "width", "height", "sha256"), "golden", as_json=as_json)


@golden.command("find")
@click.argument("image", type=click.Path())
@click.option("--object", "object_name", default=None, help="Look among this object's only.")
@click.option("-k", "count", default=3, show_default=True, type=click.IntRange(1, 40))
@JSON
def golden_find(image: str, object_name: str | None, count: int, as_json: bool) -> None:
    """Find the golden images that resemble IMAGE most; says so where none shows the same kind of thing."""
    from .. import console
    from ..agents.stores import open_stores
    from ..tools.find_golden import find_golden

    found = find_golden(image, golden=open_stores().golden, object=object_name, k=count)
    if found.note:
        click.echo(f"no golden image: {found.note}", err=True)
    rows = [{"similarity": m.similarity, "object": m.object, **m.image.model_dump()} for m in found.matches]
    console.show_rows(rows, ("sha256", "similarity", "object", "name"), "matches", as_json=as_json)


@golden.command("check")
@click.argument("object_name", metavar="[OBJECT]", required=False)
@click.option("--strict", is_flag=True, help="Exit with 1 where there is any doubt.")
@JSON
def golden_check(object_name: str | None, strict: bool, as_json: bool) -> None:
    """Look for the same picture twice, for images of another object, and for defective ones among the golden images."""
    from .. import console
    from ..agents.stores import open_stores
    from ..tools.check_golden import check_golden

    doubts = check_golden(open_stores().golden, object_name)
    if as_json:
        rows = [{**d._asdict(), "images": [r.model_dump() for r in d.images]} for d in doubts]
        console.show_rows(rows, (), "doubts", as_json=True)
    else:
        click.echo("\n".join(f"{d.check}: {d.object}: {d.message}" for d in doubts) or "nothing to complain of")
    if strict and doubts:
        raise SystemExit(1)


@golden.command("remove")
@click.argument("digest")
@JSON
def golden_remove(digest: str, as_json: bool) -> None:
    """Take the golden image of this DIGEST (or its first 12 digits) out of the library; runs keep the picture."""
    from ..agents.stores import open_stores

    gone = open_stores().golden.remove(digest)
    done = {"removed": gone.ref.sha256, "object": gone.object}
    tell(done, as_json, f"removed {gone.ref.name or gone.ref.sha256[:12]}, which was golden for {gone.object}")


for command in (calibrate, drifted, thresholds):
    golden.add_command(command)
