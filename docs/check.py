"""Keep the documentation true: published schemas match the types, and every command shown exists as shown.

python -m sage_inspect.docs.check            complain about what is stale
python -m sage_inspect.docs.check --write    write docs/schema/*.json again
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..cli import cli
from ..eval.score_summary import Summary
from ..eval.scores import TraceScore
from ..schema import ComparisonReport, Fact, Noun, Trace, Verdict

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED: dict[str, type[Noun]] = {
    "verdict": Verdict,
    "comparison": ComparisonReport,
    "trace": Trace,
    "trace-score": TraceScore,
    "trace-summary": Summary,
    "fact": Fact,
}


def schemas() -> Iterator[tuple[Path, str]]:
    """Each published schema's file and what it should say."""
    for name, noun in PUBLISHED.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **noun.model_json_schema()}
        yield ROOT / "docs" / "schema" / f"{name}.json", json.dumps(schema, indent=1) + "\n"


def stale_schemas() -> list[str]:
    """Complaints about schemas that differ from the types."""
    return [
        f"{path.relative_to(ROOT)} is stale: run make schema"
        for path, text in schemas()
        if not path.exists() or path.read_text() != text
    ]


def wrong_commands() -> list[str]:
    """Complaints about `sage-inspect` lines in the documentation that the command line does not know."""
    complaints = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for line in re.findall(r"^\s*(?:\$ )?sage-inspect ([^\n#]*)", path.read_text(), flags=re.MULTILINE):
            try:
                _parse(cli, shlex.split(line.strip().rstrip("\\")))
            except (click.UsageError, ValueError) as error:
                complaints.append(f"{path.relative_to(ROOT)}: sage-inspect {line.strip()}: {error}")
    return complaints


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse a command line as click would, without running it."""
    try:
        context = command.make_context(command.name or "sage-inspect", list(words))
    except click.exceptions.Exit:
        return  # --help and --version end here
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if rest:
            _, found, remaining = command.resolve_command(context, rest)
            if found is not None:
                _parse(found, remaining)


def main() -> None:
    """Write the schemas (`--write`), or complain and fail."""
    if "--write" in sys.argv:
        for path, text in schemas():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    complaints = [*stale_schemas(), *wrong_commands()]
    print("\n".join(complaints) or "documentation: schemas and commands are current")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
