"""DeepPCB's layout: `groupX/X/NNN_{test,temp}.jpg`, boxes in `groupX/X_not/NNN.txt`.

A box is a line `x1 y1 x2 y2 type`: the set's README says commas, its files use blanks, both are read. All test images
are defective: the normal ones are the templates. The list files (`trainval.txt`, `test.txt`) name `NNN.jpg`, which
means `NNN_test.jpg` and `NNN_temp.jpg`.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import BadInput
from ...schema import Box
from .case import Case, LabelledBox, text_lines

TYPES = {1: "open", 2: "short", 3: "mousebite", 4: "spur", 5: "spurious copper", 6: "pin-hole"}
OBJECT = "printed circuit board"
LISTS = {"trainval.txt": "train", "train.txt": "train", "val.txt": "val", "test.txt": "test"}


def is_deeppcb(root: Path) -> bool:
    """True where `*_temp.*` images lie in group folders, here or in `PCBData/`."""
    return any(True for _ in _templates(root))


def read_deeppcb(root: Path) -> list[Case]:
    """Defective cases with their templates, and every template as a normal case of the split `reference`.

    Raises:
        BadInput: a template without its test image or its boxes, or a line of boxes that does not fit.
    """
    splits = _splits(root)
    cases = []
    for template in sorted(_templates(root)):
        stem = template.stem.removesuffix("_temp")
        test = template.with_name(f"{stem}_test{template.suffix}")
        boxes = template.parent.with_name(f"{template.parent.name}_not") / f"{stem}.txt"
        for needed in (test, boxes):
            if not needed.is_file():
                raise BadInput(str(needed), f"the template {template.name} has no such file", "copy the set again")
        found = read_boxes(boxes)
        types = tuple(sorted({b.type for b in found}))
        id, golden = (p.relative_to(root).as_posix() for p in (test, template))
        split = splits.get(stem, "")
        if found:
            cases.append(Case(id, test, template, "defect", types, found, split=split, object=OBJECT))
        cases.append(Case(golden, template, None, "normal", split="reference", object=OBJECT))
    return cases


def read_boxes(path: Path) -> tuple[LabelledBox, ...]:
    """The boxes of one file.

    Raises:
        BadInput: a line of other than five whole numbers, an empty box, or a type outside 1..6.
    """
    found = []
    for number, line in text_lines(path):
        parts = [p for p in re.split(r"[\s,]+", line) if p]
        if len(parts) != 5 or not all(p.isdecimal() for p in parts):
            raise BadInput(f"{path}:{number}", f"{line!r} is no box", "give x1 y1 x2 y2 type, whole numbers")
        x1, y1, x2, y2, kind = map(int, parts)
        if kind not in TYPES or x2 <= x1 or y2 <= y1:
            raise BadInput(f"{path}:{number}", f"{line!r} is no box", "types are 1..6, and x1 < x2, y1 < y2")
        found.append(LabelledBox(Box(x1, y1, x2, y2), TYPES[kind]))
    return tuple(found)


def _templates(root: Path) -> list[Path]:
    base = root / "PCBData" if (root / "PCBData").is_dir() else root
    return [p for depth in ("", "*/", "*/*/") for p in base.glob(f"{depth}*_temp.*") if p.suffix.lower() != ".txt"]


def _splits(root: Path) -> dict[str, str]:
    """By stem (`00041000`): the split whose list names it."""
    found: dict[str, str] = {}
    for base in (root, root / "PCBData"):
        for name, split in LISTS.items():
            if (base / name).is_file():
                found |= {Path(line.split()[0]).stem: split for _, line in text_lines(base / name)}
    return found
