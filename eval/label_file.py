"""Labels for many traces: a JSONL of labels, a folder of masks, or both.

A line of the file names what it is about, by `trace` (the run's id) or by `image` (the test image's sha256 or file
name), and says what is true of it (fields of `Labels`; a relative `mask` is taken from the file's own folder):

    {"image": "board.png", "label": "anomalous", "types": ["open"], "defects": [{"box": [163, 148, 179, 169], "type": "open"}]}

A mask belongs to the image whose name it has: `board.png` or `board_mask.png` for `board.jpg`.
"""  # noqa: E501  (an example is one line)

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput
from ..schema import Trace
from .checks.view import mapping
from .labels import Labels
from .read_traces import Read


class LabelFile:
    """Labels by trace or image.

    Args:
        path: the JSONL, None for none; masks: folder of masks, None for none.

    Raises:
        BadInput: the file or folder cannot be read, or a line is none (named with its number).
    """

    def __init__(self, path: Path | None = None, masks: Path | None = None) -> None:
        self._by_name: dict[str, Labels] = {}
        self._masks = _masks_in(masks) if masks is not None else {}
        if path is not None:
            self._read(path)

    def of(self, trace: Trace) -> Labels | None:
        """What is known of a trace's image; None where nothing is."""
        names = list(names_of(trace))
        labels = next((self._by_name[n] for n in names if n in self._by_name), None)
        mask = next((self._masks[n] for n in (Path(n).stem for n in names) if n in self._masks), None)
        if mask is None or (labels is not None and (labels.mask is not None or labels.label == "normal")):
            return labels
        known = labels or Labels(label="anomalous" if _shows_something(mask) else "normal")
        return known.model_copy(update={"mask": mask if known.label != "normal" else None})

    def truth(self, read: Read) -> Labels | None:
        """What is known of the image of a trace that was read: what labels say, else what its own file tells."""
        return self.of(read.trace) or read.labels

    def _read(self, path: Path) -> None:
        if not path.is_file():
            raise BadInput(str(path), "no label file there", 'one JSON object a line: {"image": ..., "label": ...}')
        with path.open(encoding="utf-8") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                try:
                    line = json.loads(raw)
                    names = [str(line.pop(key)) for key in ("trace", "image") if key in line]
                    labels = Labels.model_validate(line)
                except (ValueError, ValidationError, AttributeError, TypeError) as error:
                    why = str(error).splitlines()[0]
                    raise BadInput(f"{path}:{number}", f"this is no label ({why})", "see eval/label_file.py") from None
                if not names:
                    what = "it names neither a trace nor an image"
                    raise BadInput(f"{path}:{number}", what, 'add "trace" or "image"')
                if labels.mask is not None:
                    labels = labels.model_copy(update={"mask": path.parent / labels.mask})
                self._by_name |= dict.fromkeys(names, labels)


def names_of(trace: Trace) -> Iterator[str]:
    """What a label may call a trace by: its run (a mutant: also the correct trace's), its image's digest and names."""
    yield trace.run
    if run := mapping(trace.extra.get("mutant")).get("run"):
        yield str(run)
    for image in _images(trace):
        if image.get("sha256"):
            yield str(image["sha256"])
        name = str(image.get("name") or "")
        if name:
            yield name
            yield Path(name).name
            yield Path(name).stem


def _images(trace: Trace) -> Iterator[Any]:
    if trace.verdict is not None and trace.verdict.test is not None:
        yield trace.verdict.test.model_dump()
    yield mapping(trace.request.get("test"))


def _masks_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise BadInput(str(folder), "no folder of masks there", "name the folder that holds them")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".png", ".bmp", ".tif", ".tiff", ".jpg"):
            found.setdefault(path.stem.removesuffix("_mask"), path)
    return found


def _shows_something(mask: Path) -> bool:
    from .datasets.masks import read_mask

    return bool(read_mask(mask).any())
