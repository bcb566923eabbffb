"""The base of all rows, without fusion: rows that fuse begin with a fresh one, and the others must do without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...models.fusion_files import CONFIG, WEIGHTS, has_fusion


def without_fusion(base: Path, out: Path) -> Path:
    """The folder of `base` without SFE fusion: `base` itself where it has none, else a copy of its other files.

    What its language model learnt beside the fusion stays; the rows differ from there on alike.

    Args:
        base: a model folder.
        out: where the copy goes; an earlier copy is replaced.
    """
    if not has_fusion(base):
        return base
    shutil.rmtree(out, ignore_errors=True)
    left_out = shutil.ignore_patterns(CONFIG, WEIGHTS)
    return Path(shutil.copytree(base, out, ignore=left_out, copy_function=_link))


def _link(source: str, target: str) -> str:
    """A second name for the same file: weights of gigabytes need no copy. Where that cannot be, a copy."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:  # another disk, or a file system without links
        shutil.copy2(source, target)
    return target
