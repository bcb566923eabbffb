"""What the builder of preferences works through: each labelled case with its golden image and what is known of it."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ...answers import parse_answer
from ...errors import BadInput
from ...eval.answer_scale import Shown
from ...eval.datasets import Case, LabelledBox
from ...eval.places import places_of
from .lore import UNNAMED, Lore, lore_of

GOLDEN_SPLITS = ("reference", "train")


@dataclass(frozen=True)
class Work:
    """One case to ask about.

    Attributes:
        reference: its golden image, its own or one of the set's; None where the set has none.
        copy: the test image is to be a copy of the case's image with harmless differences.
    """

    case: Case
    lore: Lore
    reference: Path | None
    copy: bool = False


def plan(cases: Sequence[Case], *, seed: int = 0, object: str | None = None, splits: Sequence[str] = ()) -> list[Work]:
    """The cases to ask about, in the order given, golden images left out.

    Where a set has no normal image but the golden ones (DeepPCB), as many of them as there are defective cases are
    asked about: their test image is a copy with other light, noise and a small shift, for an image that is its own
    golden image would give the answer away.

    Args:
        object: the object's name, where the set's own is no name.
        splits: ask about cases of these only; golden images are taken from all. Empty: all.

    Raises:
        BadInput: no case has a label, or none is of these splits.
    """
    labelled = [c for c in cases if c.label]
    if all(_is_golden(c) for c in labelled):
        raise BadInput(
            f"{len(cases)} images", "none of them is labelled normal or defective, golden images apart",
            "give a set with test/<defect> folders, masks, boxes or a manifest",
        )  # fmt: skip
    found: list[Work] = []
    for name in dict.fromkeys(c.object for c in labelled):
        names = spoken_names([t for c in labelled if c.object == name for t in (*c.types, *(b.type for b in c.boxes))])
        own = [_renamed(c, names) for c in labelled if c.object == name]
        lore = lore_of(object or name or "part", dict.fromkeys(names.values()))
        golden = [c for c in own if _is_golden(c)]
        apart = {c.id for c in golden}
        asked = [c for c in own if c.id not in apart and (not splits or c.split in splits)]
        pool = golden or [c for c in own if c.label == "normal"]
        for case in asked:
            found.append(Work(case, lore, case.reference or _draw(pool, case, seed)))
        if golden and not any(c.label == "normal" for c in asked):
            rng = np.random.default_rng((seed, 7))
            chosen = sorted(rng.permutation(len(golden))[: len(asked)])
            found += [Work(golden[i], lore, golden[i].image, copy=True) for i in chosen]
    if not found:
        known = ", ".join(sorted({repr(c.split) for c in labelled}))
        raise BadInput(f"splits {', '.join(splits)}", "no case is of these", f"use some of {known}")
    return found


def _is_golden(case: Case) -> bool:
    """A normal image that others are compared with; one with a golden image of its own is there to be asked about."""
    return case.label == "normal" and case.split in GOLDEN_SPLITS and case.reference is None


def spoken_names(types: Sequence[str]) -> dict[str, str]:
    """By a set's name of a type: a name that an answer can begin with (answers.py), different for different types."""
    found: dict[str, str] = {}
    for number, type in enumerate(dict.fromkeys(t for t in types if t), 1):
        ascii = unicodedata.normalize("NFKD", type).encode("ascii", "ignore").decode()
        name = " ".join(re.sub(r"[^a-z0-9 /-]+", " ", ascii.lower().replace("_", " ")).split())[:38].strip()
        for candidate in (name, f"type {name}"[:38].strip(), f"type {number}"):
            if parse_answer(f"True. {candidate}: it is so.").type == candidate and candidate not in found.values():
                found[type] = candidate
                break
    return found


def _renamed(case: Case, names: Mapping[str, str]) -> Case:
    types = tuple(dict.fromkeys(names[t] for t in case.types))
    boxes = tuple(LabelledBox(b.box, names.get(b.type, "")) for b in case.boxes)
    return replace(case, types=types, boxes=boxes)


def shown_in(case: Case, boxes: Sequence[LabelledBox], width: int, height: int) -> tuple[Shown, ...]:
    """The defects of a case, large ones first, with the places that are right for each."""
    if case.label != "defect":
        return ()
    ordered = sorted(boxes, key=lambda b: -b.box.area)
    if ordered and all(b.type for b in ordered):
        return tuple(Shown(b.type, places_of(b.box, width, height)) for b in ordered)
    # Several types and boxes that do not say which: any box's place is right for any type.
    places = tuple(dict.fromkeys(p for b in ordered for p in places_of(b.box, width, height)))
    return tuple(Shown(type, places) for type in case.types or (UNNAMED,))


def harmless_copy(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The image with a shift of up to 2 pixels, other light, blur and noise: different pixels, the same object."""
    luma = np.asarray(image.convert("RGB"), np.float32)
    move = np.array([[1, 0, rng.uniform(-2, 2)], [0, 1, rng.uniform(-2, 2)]])
    moved = cv2.warpAffine(luma, move, image.size, borderMode=cv2.BORDER_REFLECT_101)
    moved = cv2.GaussianBlur(moved, (0, 0), float(rng.uniform(0.3, 0.8)))
    noisy = moved * rng.uniform(0.92, 1.08) + rng.uniform(-8, 8) + rng.normal(0, rng.uniform(1, 4), luma.shape)
    return Image.fromarray(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))


def file_name(id: str) -> str:
    """An id as a file name: readable, and different for different ids."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', id).strip('-')[-60:]}-{zlib.crc32(id.encode()):08x}"


def _draw(pool: Sequence[Case], case: Case, seed: int) -> Path | None:
    others = [c for c in pool if c.id != case.id]
    rng = np.random.default_rng((seed, zlib.crc32(case.id.encode())))
    return others[rng.integers(len(others))].image if others else None
