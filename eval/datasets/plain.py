"""A plain folder: `test/` beside `reference/` or `golden/`, files of the same name belong together. No labels."""

from __future__ import annotations

from pathlib import Path

from .case import Case, folders, pictures, readable

GOLDEN = ("reference", "references", "golden", "good")


def is_plain(root: Path) -> bool:
    """True where images lie in `test/` itself and golden ones in a folder beside it."""
    return bool(pictures(root / "test")) and any(pictures(root / name) for name in GOLDEN)


def read_plain(root: Path) -> list[Case]:
    """Cases without a label, each with the golden image of its name, where there is one, and the golden images.

    Names are compared without their suffix, so that `a.png` finds `a.jpg`; a single golden image serves all.
    """
    golden = [p for f in folders(root) if f.name.lower() in GOLDEN for p in pictures(f)]
    by_name = {p.stem: p for p in reversed(golden)}
    only = golden[0] if len(golden) == 1 else None
    name = readable(root.resolve().name)
    cases = [
        Case(p.relative_to(root).as_posix(), p, by_name.get(p.stem, only), split="test", object=name)
        for p in pictures(root / "test")
    ]
    for path in golden:
        cases.append(Case(path.relative_to(root).as_posix(), path, None, "normal", split="reference", object=name))
    return cases
