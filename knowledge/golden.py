"""The golden library: images of flawless objects by name, and which of them an image resembles most."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import BadInput
from ..images import ImageStore
from ..schema import ImageRef
from .collection import PAGE, Collection, Session
from .descriptor import DESCRIPTOR, FAMILIAR, describe, similarity
from .folder import open_folder
from .objects import normal_name
from .rows import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..images import ImageLike

__all__ = ["FAMILIAR", "GoldenImage", "GoldenLibrary", "GoldenMatch", "GoldenReport"]


class GoldenImage(NamedTuple):
    """A golden image and the object it shows."""

    ref: ImageRef
    object: str


class GoldenMatch(NamedTuple):
    """A golden image that resembles a given one; `similarity` is 0..1, from `FAMILIAR` on it is the same kind."""

    ref: ImageRef
    object: str
    similarity: float


class GoldenReport(NamedTuple):
    """What came of adding images: the new ones, how many were there already, and what could not be read and why."""

    added: tuple[ImageRef, ...]
    duplicates: int
    problems: tuple[Problem, ...]


_NAME = "sage_golden"
SHORT = 12
"""Hex digits of a digest that name an image."""

# Inside the class `list` is its method.
_Goldens = list[GoldenImage]
_Matches = list[GoldenMatch]
_Refs = list[ImageRef]


class GoldenLibrary:
    """Golden images in the Chroma folder `path`, the pictures themselves in `images`. Safe to share between processes.

    Every method may raise `BadInput` (the folder cannot be used) and `RunFailed` (the disk or Chroma failed).
    """

    def __init__(self, path: Path, images: ImageStore) -> None:
        self.path, self.images = Path(path), images
        self._folder = open_folder(self.path)
        self._lock = threading.RLock()
        self._held: tuple[_Goldens, NDArray[np.float32]] = ([], np.zeros((0, 0), np.float32))
        self._stamp = ""
        self._folder.makers[_NAME] = lambda rows: self._vectors(rows["ids"])

    def add(self, object: str, images: Iterable[ImageLike]) -> GoldenReport:
        """Add golden images of an object (any spelling); a bad file is named and does not cost the others.

        One image belongs to one object: adding it under another name moves it there.

        Raises:
            BadInput: the object has no name.
        """
        name = normal_name(object)
        if not name:
            raise BadInput(f"object '{object}'", "a golden image needs an object", "name the object")
        good: dict[str, ImageRef] = {}
        problems: list[Problem] = []
        count = 0
        for number, image in enumerate(images, 1):
            try:
                ref = self.images.put(image)
                count += 1
                good.setdefault(ref.sha256, ref)
            except BadInput as error:
                problems.append(Problem(error.what, f"{error.why}; {error.remedy}", f"image {number}"))
        there = {g.ref.sha256 for g in self.list(name)}
        new = [ref for digest, ref in good.items() if digest not in there]
        for start in range(0, len(new), PAGE):
            self._add_page(new[start : start + PAGE], name)
        return GoldenReport(tuple(new), count - len(new), tuple(problems))

    def list(self, object: str | None = None) -> _Goldens:
        """All golden images, or those of one object (any spelling), in the order in which they were added."""
        held, _ = self._load()
        return held if object is None else [g for g in held if g.object == normal_name(object)]

    def objects(self) -> dict[str, int]:
        """Names of the objects with their number of golden images, by name."""
        counts: dict[str, int] = {}
        for golden in self.list():
            counts[golden.object] = counts.get(golden.object, 0) + 1
        return dict(sorted(counts.items()))

    def nearest(
        self,
        image: ImageLike,
        *,
        object: str | None = None,
        k: int = 1,
    ) -> _Matches:
        """The `k` golden images most like `image`, by falling similarity; of one object where it is named.

        Raises:
            BadInput: the image cannot be read.
        """
        held, vectors = self._load()
        name = normal_name(object) if object is not None else None
        rows = [i for i, g in enumerate(held) if name is None or g.object == name]
        if not rows or k < 1:
            return []
        raw = vectors[rows] @ describe(self.images.open(self.images.put(image)))
        best = sorted(zip(raw.tolist(), rows, strict=True), key=lambda r: (-r[0], held[r[1]].ref.sha256))[:k]
        return [GoldenMatch(held[i].ref, held[i].object, round(similarity(value), 6)) for value, i in best]

    def remove(self, digest: str) -> GoldenImage:
        """Take an image out of the library and return it (the image store keeps the picture: runs refer to it).

        Args:
            digest: sha256 hex, or its first 12 or more digits.

        Raises:
            BadInput: no such golden image, or several.
        """
        key = digest.strip().lower().removeprefix("sha256:")
        found = [g for g in self.list() if g.ref.sha256.startswith(key)] if len(key) >= SHORT else []
        if len(found) != 1:
            why = "several begin so" if found else "not in the library"
            raise BadInput(f"golden image {key[:12]}", why, "list the library to see its digests")
        golden, key = found[0], found[0].ref.sha256
        with self._folder.writing() as session:
            self._open(session).delete([key])
        return golden

    def _add_page(self, refs: _Refs, name: str) -> None:
        vectors = self._vectors([r.sha256 for r in refs])
        created = datetime.now(UTC).isoformat()
        data: Any = [
            {"object": name, "name": r.name, "width": r.width, "height": r.height, "created": created} for r in refs
        ]
        with self._folder.writing() as session:
            ids = [r.sha256 for r in refs]
            self._open(session).put(ids, ids, data, vectors)

    def _vectors(self, digests: Iterable[str]) -> NDArray[np.float32]:
        return np.stack([describe(self.images.open(d)) for d in digests])

    def _open(self, session: Session) -> Collection:
        return session.collection(_NAME, DESCRIPTOR)

    def _load(self) -> tuple[_Goldens, NDArray[np.float32]]:
        """All golden images with their descriptors [n, d], from memory where nothing was written since."""
        with self._lock:
            stamp = self._folder.stamp()
            if stamp == self._stamp and stamp:
                return self._held
            with self._folder.reading() as session:
                rows = self._open(session).get(vectors=True)
            self._stamp = stamp
            held = [
                GoldenImage(
                    ImageRef(sha256=id, width=int(m["width"]), height=int(m["height"]), name=str(m["name"])),
                    str(m["object"]),
                )
                for id, m in zip(rows["ids"], rows["metadatas"], strict=True)
            ]
            vectors = np.asarray(rows["embeddings"], np.float32) if held else np.zeros((0, 0), np.float32)
            self._held = held, vectors
            return self._held
