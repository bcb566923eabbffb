"""Golden images as a caller gives them: one, several, or folders; a bad file in a folder does not cost the others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage

from ..errors import BadInput
from ..images import ImageStore
from ..schema import ImageRef

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
NAMED = 3
"""So many bad files are named in the note."""


def golden_refs(references: Any, images: ImageStore) -> tuple[list[ImageRef], str]:
    """Store golden images.

    Args:
        references: an image, a folder of images (read by name, not its subfolders), or several of both.
        images: where they are stored; where it has allowed roots, a folder must lie inside them.

    Returns:
        Their references, and a note that names the files of folders that could not be read ("" where all could).

    Raises:
        BadInput: no image at all, or one that was named by itself cannot be read.
    """
    given = _as_list(references)
    refs: list[ImageRef] = []
    bad: list[str] = []
    for one in given:
        if not _is_folder(one, images):
            refs.append(images.put(one))
            continue
        files = sorted(p for p in Path(one).iterdir() if p.suffix.lower() in SUFFIXES)
        if not files:
            raise BadInput(str(one), "there is no image in this folder", f"expected files like {', '.join(SUFFIXES)}")
        before = len(refs)
        for path in files:
            try:
                refs.append(images.put(path))
            except BadInput as error:
                bad.append(f"{path.name}: {error.why}")
        if len(refs) == before:
            raise BadInput(str(one), f"none of its {len(files)} images can be read ({bad[-1]})", "check the files")
    if not refs:
        raise BadInput("references", "there is no golden image to compare with", "give at least one")
    more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return refs, f"left out {'; '.join(bad[:NAMED])}{more}" if bad else ""


def _is_folder(one: Any, images: ImageStore) -> bool:
    try:
        if not isinstance(one, str | os.PathLike) or not Path(one).is_dir():
            return False
    except (OSError, ValueError):
        return False
    # Outside the allowed roots the store itself refuses the path, and nothing of the folder is told.
    return images.roots is None or any(Path(one).resolve().is_relative_to(root) for root in images.roots)


def _as_list(references: Any) -> Sequence[Any]:
    single = str | bytes | bytearray | memoryview | os.PathLike | PILImage.Image | np.ndarray | ImageRef
    if isinstance(references, single):
        return [references]
    try:
        return list(references)
    except TypeError:
        what = f"{type(references).__name__} is neither an image nor a list of images"
        raise BadInput("references", what, "give one golden image or several") from None
