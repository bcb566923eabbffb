"""Which golden images of the library a test image may be compared with, and an honest word where there is none."""

from __future__ import annotations

from ..errors import BadInput
from ..images import ImageLike
from ..knowledge.golden import FAMILIAR, GoldenLibrary, GoldenMatch
from ..knowledge.objects import normal_name
from ..prompts import as_data
from ..schema import ImageRef, Noun

MOST = 40
"""More golden images than this are never looked for: a comparison thins them out beyond it."""
_LISTED = 12


class GoldenCandidate(Noun):
    """A golden image that resembles the test image; `similarity` is 0..1, `object` what it shows."""

    image: ImageRef
    object: str
    similarity: float


class GoldenFound(Noun):
    """What the golden library has for a test image.

    Attributes:
        test: the image that was looked up.
        matches: golden images of the same kind (similarity at least .5), the nearest first; () where there are none.
        nearest: the nearest one of all that were looked at, whatever its similarity; None where there are none.
        note: why there is no match, and what would help; "" where there is one.
    """

    test: ImageRef
    matches: tuple[GoldenCandidate, ...] = ()
    nearest: GoldenCandidate | None = None
    note: str = ""

    def told(self) -> str:
        """The result in a few lines."""
        if not self.matches:
            return f"No golden image: {self.note}."
        rows = [
            f"- {m.image.sha256[:12]} {as_data(m.image.name, 60)} ({as_data(m.object, 80)}), similarity "
            f"{m.similarity:.2f}"
            for m in self.matches
        ]
        return "\n".join([f"{len(rows)} golden image{'' if len(rows) == 1 else 's'}, the nearest first:", *rows])


def find_golden(test: ImageLike, *, golden: GoldenLibrary, object: str | None = None, k: int = 3) -> GoldenFound:
    """The library's golden images nearest to a test image, and none that shows something else.

    Args:
        test: path, bytes, PIL image, uint8 array, digest or ImageRef; it is stored in the library's image store.
        golden: the library.
        object: look among this object's golden images only (any spelling); None looks among all.
        k: how many at most, 1 to 40. With 20 or more of one object a comparison's p-value starts to mean something.

    Raises:
        BadInput: the image cannot be read, or `k` is out of range.
    """
    if not 1 <= k <= MOST:
        raise BadInput(f"k = {k}", "so many golden images cannot be looked for", f"give 1 to {MOST}")
    ref = golden.images.put(test)
    found = [_candidate(m) for m in golden.nearest(ref, object=object, k=k)]
    if not found:
        return GoldenFound(test=ref, note=_why_none(golden, object))
    alike = tuple(m for m in found if m.similarity >= FAMILIAR)
    near = found[0]
    note = (
        ""
        if alike
        else f"none shows the same kind of thing: the nearest ({as_data(near.object, 80)}) has similarity "
        f"{near.similarity:.2f}, and below {FAMILIAR:g} a comparison would mean nothing"
    )
    return GoldenFound(test=ref, matches=alike, nearest=near, note=note)


def _candidate(match: GoldenMatch) -> GoldenCandidate:
    return GoldenCandidate(image=match.ref, object=match.object, similarity=match.similarity)


def _why_none(golden: GoldenLibrary, object: str | None) -> str:
    held = golden.objects()
    if not held:
        return "the library is empty, a person has to add images of flawless parts first"
    listed = ", ".join(f"{as_data(name, 80)} ({count})" for name, count in list(held.items())[:_LISTED])
    more = f" and {len(held) - _LISTED} more" if len(held) > _LISTED else ""
    return f"the library has none of '{as_data(normal_name(object or ''), 80)}', it has {listed}{more}"
