"""VisA's layout: `<category>/Data/{Images,Masks}/...` and `split_csv/1cls.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from ...errors import BadInput
from .case import GOOD, Case, folders, must_exist, pictures, readable, text_lines, types_of

COLUMNS = ("object", "split", "label", "image", "mask")


def is_visa(root: Path) -> bool:
    """True where there is a `split_csv` folder, or a category with `Data/Images`."""
    return (root / "split_csv").is_dir() or any((f / "Data" / "Images").is_dir() for f in folders(root))


def read_visa(root: Path) -> list[Case]:
    """The cases by `split_csv/1cls.csv` (or the first table there); without one, by the folders Normal and Anomaly.

    The table says only `normal` or `anomaly`: types are read from `<category>/image_anno.csv` where it is there.
    Masks are multi-class: every value but 0 is defect (`masks.read_mask`).

    Raises:
        BadInput: a table without one of its columns, or a file it names that is not there.
    """
    tables = sorted((root / "split_csv").glob("*.csv")) if (root / "split_csv").is_dir() else []
    table = next((t for t in tables if t.name == "1cls.csv"), tables[0] if tables else None)
    if table is None:
        return [case for category in folders(root) for case in _by_folder(category, root)]
    cases = []
    kinds: dict[str, dict[str, tuple[str, ...]]] = {}
    for number, row in _rows(table, COLUMNS):
        where = f"{table}:{number}"
        image = must_exist(root / row["image"], where)
        known = kinds.setdefault(row["object"], _annotated(root / row["object"]))
        good = row["label"].lower() in GOOD
        cases.append(
            Case(
                id=row["image"],
                image=image,
                label="normal" if good else "defect",
                types=() if good else known.get(_tail(row["image"])) or _types(row["label"]),
                mask=must_exist(root / row["mask"], where) if row["mask"] else None,
                split=row["split"],
                object=readable(row["object"]),
            )
        )
    return cases


def _by_folder(category: Path, root: Path) -> list[Case]:
    known = _annotated(category)
    masks = {p.stem: p for p in pictures(category / "Data" / "Masks" / "Anomaly")}
    cases = []
    for kind in folders(category / "Data" / "Images"):
        good = kind.name.lower() in GOOD
        for path in pictures(kind):
            id = path.relative_to(root).as_posix()
            types = () if good else known.get(_tail(id), ())
            mask = None if good else masks.get(path.stem)
            name = readable(category.name)
            cases.append(Case(id, path, None, "normal" if good else "defect", types, mask=mask, object=name))
    return cases


def _annotated(category: Path) -> dict[str, tuple[str, ...]]:
    path = category / "image_anno.csv"
    if not path.is_file():
        return {}
    return {_tail(row["image"]): _types(row["label"]) for _, row in _rows(path, ("image", "label"))}


def _types(label: str) -> tuple[str, ...]:
    """One image may have several: `bent,melded`."""
    names = [part for part in label.split(",") if part.strip() and part.strip().lower() not in GOOD]
    return tuple(dict.fromkeys(t for name in names for t in types_of(name.strip())))


def _tail(path: str) -> str:
    """The last two parts: `Anomaly/000.JPG`, the same in both tables."""
    return "/".join(path.replace("\\", "/").split("/")[-2:])


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    lines = list(text_lines(path))
    reader = csv.DictReader([line for _, line in lines])
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(str(path), f"column {', '.join(missing)} is missing", f"its first line is {','.join(columns)}")
    rows = []
    for (number, _), row in zip(lines[1:], reader, strict=False):
        if any(row[c] is None for c in columns):
            raise BadInput(f"{path}:{number}", "too few columns", f"give {','.join(columns)}")
        rows.append((number, {c: row[c].strip() for c in columns}))
    return rows
