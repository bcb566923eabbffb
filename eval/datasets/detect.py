"""Which layout a folder has, and its cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import BadInput
from .case import Case
from .deeppcb import is_deeppcb, read_deeppcb
from .manifest import is_manifest, read_manifest
from .mvtec import is_mvtec, read_mvtec
from .plain import is_plain, read_plain
from .visa import is_visa, read_visa

LAYOUTS: dict[str, tuple[Callable[[Path], bool], Callable[[Path], list[Case]]]] = {
    "manifest": (is_manifest, read_manifest),
    "visa": (is_visa, read_visa),
    "deeppcb": (is_deeppcb, read_deeppcb),
    "mvtec": (is_mvtec, read_mvtec),
    "plain": (is_plain, read_plain),
}
"""By name: is it this layout, and its reader; the first that fits reads."""


def read_cases(path: Path | str, layout: str | None = None) -> list[Case]:
    """The cases of a labelled image set.

    Args:
        path: its folder, or its manifest.json.
        layout: one of `LAYOUTS`; None finds out.

    Raises:
        BadInput: no such folder, a layout that is not known, a line or file that does not fit, or no image at all.
    """
    root = Path(path)
    if not root.exists():
        raise BadInput(str(root), "no such file or folder", "name the folder of a data set")
    if layout is not None and layout not in LAYOUTS:
        raise BadInput(f"layout {layout!r}", "it is not known", f"use one of {', '.join(LAYOUTS)}")
    names = [layout] if layout else [name for name, (fits, _) in LAYOUTS.items() if fits(root)]
    if not names:
        raise BadInput(
            str(root),
            "no layout of a data set was found in it",
            "give manifest.json, MVTec's <category>/test/<defect>, VisA's split_csv, DeepPCB's groupX folders, "
            "or test/ beside reference/",
        )
    cases = LAYOUTS[names[0]][1](root)
    if not cases:
        raise BadInput(str(root), f"read as {names[0]}, it holds no image", "check the folder's contents")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise BadInput(f"{root}: {case.id}", "the same image is listed twice", "drop one of the lines")
        seen.add(case.id)
    return cases
