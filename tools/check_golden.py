"""Is the golden library sound? The same picture twice, and images that stand out among the normals of their object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ..errors import BadInput
from ..knowledge.golden import FAMILIAR, GoldenLibrary
from ..schema import ImageRef
from .compare import golden_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE, SAME = 64, 2.2
"""Two pictures whose grey thumbnails of this side differ by less (grey levels, root mean square, brightness apart) are
one. Measured on six data sets: different photographs differ by 2.5 and more (one spot of one machine; 8.6 elsewhere),
copies saved again, halved or brightened by 2.6 at most, half of them by .7."""

OUTLIER = 3.5
"""Deviations above the median (robust, of logits) from which a golden image is suspicious. benchmarks/knowledge.py
--golden tells how many planted defective images are named, and how many sound ones."""
LEAST = 5
"""Of fewer golden images none can stand out."""
_FLOOR, _LEAST_SPREAD = 0.01, 0.15


class GoldenDoubt(NamedTuple):
    """Something about golden images that a person should look at.

    Attributes:
        check: `duplicate` (the same picture twice: one of them says nothing new, and p-values count it twice),
            `suspicious` (differs from the other golden images of its object as a defective part would), `foreign`
            (looks like another object's golden images, or like none).
        object: the object; message: one line; images: those that it is about.
    """

    check: Literal["duplicate", "suspicious", "foreign"]
    object: str
    message: str
    images: tuple[ImageRef, ...]


def check_golden(library: GoldenLibrary, object: str | None = None) -> list[GoldenDoubt]:
    """All doubts about the golden images of an object (any spelling), or of every object; nothing is changed.

    Each image is compared with the others of its object as `compare` would (about a third of a second an image; of
    more than 40 the 40 most different ones).

    Raises:
        BadInput: the object has no golden image.
    """
    held = library.list(object)
    if object is not None and not held:
        raise BadInput(f"'{object}'", "there is no golden image of it", "sage-inspect golden list shows what there is")
    doubts: list[GoldenDoubt] = []
    for name in sorted({g.object for g in held}):
        refs = [g.ref for g in held if g.object == name]
        doubts += [*_duplicates(library, name, refs), *_foreign(library, name, refs), *_suspicious(library, name, refs)]
    return doubts


def outliers(scores: Sequence[float]) -> NDArray[np.float64]:
    """How many robust deviations each leave-one-out score lies above the median, on logits."""
    kept = np.clip(np.asarray(scores, np.float64), _FLOOR, 1 - 1e-6)
    logits = np.log(kept / (1 - kept))
    middle = np.median(logits)
    spread = max(_LEAST_SPREAD, 1.4826 * float(np.median(np.abs(logits - middle))))
    return np.asarray((logits - middle) / spread)


def _duplicates(library: GoldenLibrary, name: str, refs: Sequence[ImageRef]) -> Iterator[GoldenDoubt]:
    thumbs = [_thumb(library.images.array(ref)) for ref in refs]
    for (one, a), (two, b) in combinations(zip(refs, thumbs, strict=True), 2):
        if float(np.sqrt(np.mean((a - b) ** 2))) < SAME:
            message = f"{_named(one)} and {_named(two)} show the same picture: remove one"
            yield GoldenDoubt("duplicate", name, message, (one, two))


def _foreign(library: GoldenLibrary, name: str, refs: Sequence[ImageRef]) -> Iterator[GoldenDoubt]:
    for ref in refs:
        others = [m for m in library.nearest(ref, k=len(library.list())) if m.ref != ref]
        own = next((m.similarity for m in others if m.object == name), None)
        other = next((m for m in others if m.object != name), None)
        if other is not None and other.similarity >= FAMILIAR and other.similarity > (own or 0.0):
            message = f"{_named(ref)} looks like '{other.object}' ({other.similarity:.2f}) rather than '{name}'"
        elif own is not None and own < FAMILIAR and len(refs) >= LEAST:
            message = f"{_named(ref)} looks like no other golden image of '{name}' ({own:.2f})"
        else:
            continue
        yield GoldenDoubt("foreign", name, message, (ref,))


def _suspicious(library: GoldenLibrary, name: str, refs: Sequence[ImageRef]) -> Iterator[GoldenDoubt]:
    if len(refs) < LEAST:
        return
    used, scores = golden_scores(list(refs), images=library.images)
    away = outliers(scores)
    for row in np.argsort(-away):
        if away[row] < OUTLIER:
            return
        message = (
            f"{_named(used[row])} differs from the other {len(used) - 1} by {scores[row]:.2f}, {away[row]:.1f} "
            "deviations more than they do among each other: is it flawless?"
        )
        yield GoldenDoubt("suspicious", name, message, (used[row],))


def _named(ref: ImageRef) -> str:
    return f"{ref.name} ({ref.sha256[:12]})" if ref.name else ref.sha256[:12]


def _thumb(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small - small.mean(), np.float32)
