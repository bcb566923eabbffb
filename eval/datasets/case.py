"""A case: one image with what is known of it. Every reader gives these, whatever the folder looks like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from ...errors import BadInput
from ...schema import Box

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
GOOD = frozenset({"good", "ok", "normal"})
"""Folder and label names that mean a normal image; compared whole, in lower case."""
UNNAMED = frozenset({"bad", "ko", "ng", "anomaly", "anomalous", "abnormal", "defect", "defective"})
"""Names that say that there is a defect and not which."""


class LabelledBox(NamedTuple):
    """A defect's box in pixels of the image, half-open, and its type ("" where unknown)."""

    box: Box
    type: str


@dataclass(frozen=True)
class Case:
    """One labelled image.

    Attributes:
        id: unique in its set, the same on every machine: the image's path inside the set.
        image: its file.
        reference: its own golden image, None where it has none of its own.
        label: None where the set does not say (a plain folder).
        types: defect types, readable (`pin-hole`, `bent lead`); empty for a normal image or where no name is given.
        boxes: of defects; empty does not mean that there are none (see `mask`).
        mask: a file whose non-zero pixels are defect, or None.
        split: as the set calls it; `reference` and `train` hold golden images; "" where there are no splits.
        object: the object's name in lower case.
    """

    id: str
    image: Path
    reference: Path | None = None
    label: Literal["normal", "defect"] | None = None
    types: tuple[str, ...] = ()
    boxes: tuple[LabelledBox, ...] = ()
    mask: Path | None = None
    split: str = ""
    object: str = ""


def readable(name: str) -> str:
    """A folder's or label's name as words: `missing_wire` becomes `missing wire`."""
    return " ".join(name.replace("_", " ").lower().split())


def types_of(name: str) -> tuple[str, ...]:
    """The types that a label means: none for a name that does not say which."""
    return () if name.lower() in UNNAMED else (readable(name),)


def pictures(folder: Path) -> list[Path]:
    """The image files of one folder by name; hidden files (`._000.png` of a Mac) are left out."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] != "." and p.is_file())


def folders(folder: Path) -> list[Path]:
    """The folders inside one by name, hidden ones left out."""
    return sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] != ".") if folder.is_dir() else []


def must_exist(path: Path, named_in: str) -> Path:
    """`path`, which has to be a file.

    Raises:
        BadInput: it is not there.
    """
    if not path.is_file():
        raise BadInput(str(path), f"this file, named in {named_in}, is not there", "copy it there or drop its line")
    return path


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers; a byte-order mark is dropped.

    Raises:
        BadInput: it is not UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(str(path), "this is no UTF-8 text", "save it as UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip()
