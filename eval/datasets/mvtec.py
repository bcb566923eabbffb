"""MVTec AD's layout, which MPDD, BTAD and many others share.

`<category>/{train/good, test/<defect>|good, ground_truth/<defect>/NNN_mask.png}`; the folder given is a category or
holds several.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import BadInput
from .case import GOOD, SUFFIXES, Case, folders, pictures, readable, types_of


def is_mvtec(root: Path) -> bool:
    """True where the folder, or one inside it, has `test/` or `train/` with folders of images."""
    return bool(_categories(root))


def read_mvtec(root: Path) -> list[Case]:
    """The cases of one category or of several; golden images (`train/good`) have the split `train`.

    A folder `bad`, `ko` or `defect` says no type. A test image without a mask has none; a mask without an image
    is refused, because it means that names do not fit.

    Raises:
        BadInput: see above.
    """
    return [case for category in _categories(root) for case in _category(category, root)]


def _categories(root: Path) -> list[Path]:
    return [f for f in (root, *folders(root)) if _is_category(f)]


def _is_category(folder: Path) -> bool:
    return any(pictures(kind) for split in ("test", "train") for kind in folders(folder / split))


def _category(folder: Path, root: Path) -> list[Case]:
    name = readable(folder.resolve().name)
    cases = []
    for split in ("train", "test"):
        for kind in folders(folder / split):
            good = kind.name.lower() in GOOD
            masks = {} if good else _masks(folder / "ground_truth" / kind.name, kind)
            for path in pictures(kind):
                cases.append(
                    Case(
                        id=path.relative_to(root).as_posix(),
                        image=path,
                        label="normal" if good else "defect",
                        types=() if good else types_of(kind.name),
                        mask=masks.get(path.stem),
                        split=split,
                        object=name,
                    )
                )
    return cases


def _masks(folder: Path, kind: Path) -> dict[str, Path]:
    """Masks by the stem of their image: `000_mask.png` or `000.png`; or a folder `000/` with the one mask in it."""
    images = {p.stem for p in pictures(kind)}
    found: dict[str, Path] = {}
    for path in [*pictures(folder), *folders(folder)]:
        stem = path.stem if path.stem in images else path.stem.removesuffix("_mask")
        if stem not in images:
            raise BadInput(str(path), f"this mask belongs to no image in {kind}", "rename it to NNN_mask.png")
        if path.suffix.lower() in SUFFIXES:
            found[stem] = path
        elif len(parts := pictures(path)) == 1:  # several files would be alternatives, not one mask
            found[stem] = parts[0]
    return found
