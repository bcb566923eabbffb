"""`manifest.json`: one file that lists the images of a folder; `finetune synth` writes the same.

`{"dataset": name, "items": [{"image", "reference" | null, "label": normal|defect, "defect_types": [...], "boxes":
[[x1, y1, x2, y2, type]], "mask" | null, "split"}]}`, paths relative to the file; other keys are left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import BadInput
from ...schema import Box
from .case import Case, LabelledBox, must_exist, readable

NAMES = {"deeppcb": {"copper": "spurious copper"}}
"""By a word of the set's name: what its short names of types mean."""


class Item(BaseModel):
    """One image of a manifest."""

    model_config = ConfigDict(extra="ignore")

    image: str = Field(min_length=1)
    reference: str | None = None
    label: Literal["normal", "defect"]
    defect_types: tuple[str, ...] = ()
    boxes: tuple[tuple[float, float, float, float, str], ...] = ()
    mask: str | None = None
    split: str = ""
    object: str = ""
    family: str = ""
    category: str = ""


def is_manifest(root: Path) -> bool:
    """True for a folder with a manifest.json, or for that file itself."""
    return (root / "manifest.json").is_file() or (root.is_file() and root.suffix == ".json")


def read_manifest(root: Path) -> list[Case]:
    """The cases of a manifest, in its order. An object's name is the item's, else the set's (`object`, `dataset`).

    Raises:
        BadInput: not JSON, an item that does not fit (named by its number), or a file that is not there.
    """
    path = root if root.is_file() else root / "manifest.json"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise BadInput(str(path), f"not JSON ({error})", "write it again") from None
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise BadInput(str(path), "it has no list `items`", "list its images there")
    return [_case(raw, number, path, data) for number, raw in enumerate(items)]


def _case(raw: Any, number: int, path: Path, data: dict[str, Any]) -> Case:
    where = f"{path}: items[{number}]"
    try:
        item = Item.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "correct the item") from None
    if item.label == "normal" and (item.defect_types or item.boxes):
        raise BadInput(where, "it is normal and has defects", "set label to defect, or drop them")
    dataset = str(data.get("dataset") or path.resolve().parent.name)
    names = next((n for word, n in NAMES.items() if word in dataset.lower()), {})
    boxes = tuple(_box(box, names, where) for box in item.boxes)
    kinds = [names.get(t, readable(t)) for t in (*item.defect_types, *(b.type for b in boxes)) if t]
    base = path.parent
    return Case(
        id=item.image,
        image=must_exist(base / item.image, where),
        reference=must_exist(base / item.reference, where) if item.reference else None,
        label=item.label,
        types=tuple(dict.fromkeys(kinds)),
        boxes=boxes,
        mask=must_exist(base / item.mask, where) if item.mask else None,
        split=item.split,
        object=readable(item.object or item.family or item.category or str(data.get("object") or "") or dataset),
    )


def _box(raw: tuple[float, float, float, float, str], names: dict[str, str], where: str) -> LabelledBox:
    x1, y1, x2, y2 = (round(v) for v in raw[:4])
    if x2 <= x1 or y2 <= y1:
        raise BadInput(where, f"the box {list(raw[:4])} is empty", "give x1 < x2 and y1 < y2")
    return LabelledBox(Box(x1, y1, x2, y2), names.get(raw[4], readable(raw[4])))
