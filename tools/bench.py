"""What stands behind the wrapped tools: the stores, the set-up, and the last comparisons (none is made twice)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from ..errors import BadInput
from ..images import ImageStore
from ..knowledge.facts import FactStore
from ..knowledge.golden import GoldenLibrary
from ..prompts import as_data, place
from ..schema import Comparison, ImageRef
from . import describe_region as describing
from . import find_golden as finding
from . import measure as measuring
from . import recall_facts as recalling
from .boards import Foreground
from .compare import compare
from .where import Where, find_place
from .wrapping import SHORT, Result, named_image
from .zoom import zoom

_KEPT = 32


class Bench:
    """Stores and set-up of a list of tools; its methods are the tools, by name. Safe to share between threads.

    Args:
        images: confined to the folders that the model may read.
        facts, golden: None where there are none.
        mm_per_pixel: the scale of this set-up, None where it is not known.
        foreground: passed to `compare`.

    Every method returns the message's text and the artifact, and may raise `BadInput` and `RunFailed`.
    """

    def __init__(
        self,
        images: ImageStore,
        facts: FactStore | None,
        golden: GoldenLibrary | None,
        *,
        mm_per_pixel: float | None = None,
        foreground: Foreground = "dark",
    ) -> None:
        self._images, self._facts, self._golden = images, facts, golden
        self._scale, self._foreground = mm_per_pixel, foreground
        self._lock, self._comparisons = Lock(), OrderedDict[tuple[str, ...], Comparison]()

    def recall_facts(self, question: str, object: str | None, k: int, kinds: Sequence[str] | None) -> Result:
        """`recall_facts.recall_facts`."""
        assert self._facts is not None
        found = recalling.recall_facts(question, facts=self._facts, object=object, k=k, kinds=kinds)
        return found.told(), found.model_dump(mode="json")

    def find_golden(self, image: str, object: str | None, k: int) -> Result:
        """`find_golden.find_golden`."""
        assert self._golden is not None
        found = finding.find_golden(self._image(image), golden=self._golden, object=object, k=k)
        return f"For image {found.test.sha256[:SHORT]}: {found.told()}", found.model_dump(mode="json")

    def compare_images(self, image: str, golden: Sequence[str]) -> Result:
        """`compare.compare`."""
        comparison = self._compare(image, golden)
        return told_comparison(comparison), comparison.model_dump(mode="json")

    def describe_region(
        self, image: str, golden: Sequence[str], region: str | None, box: Sequence[int] | None
    ) -> Result:
        """`describe_region.describe_region`."""
        where = _one_place(region, box)
        found = describing.describe_region(self._compare(image, golden), where, images=self._images)
        return found.told(), found.model_dump(mode="json")

    def measure(
        self,
        image: str,
        golden: Sequence[str],
        region: str | None,
        box: Sequence[int] | None,
        mm_per_pixel: float | None,
    ) -> Result:
        """`measure.measure`, against golden images where they are named."""
        where = _one_place(region, box)
        if mm_per_pixel is not None and self._scale is not None and mm_per_pixel != self._scale:
            why = f"this set-up is calibrated to {self._scale:g} mm a pixel"
            raise BadInput(f"mm_per_pixel {mm_per_pixel:g}", why, "leave it out")
        source = self._compare(image, golden) if golden else self._image(image)
        scale = self._scale if mm_per_pixel is None else mm_per_pixel
        found = measuring.measure(source, where, images=self._images, mm_per_pixel=scale)
        return found.told(), found.model_dump(mode="json")

    def zoom(self, image: str, golden: Sequence[str], region: str | None, box: Sequence[int] | None) -> Result:
        """`zoom.zoom`, of the test image and of the golden image laid over it.

        Artifact: `region` ("" for a box), `box`, and the crops `test` and `golden` (null where there is none).
        """
        where = _one_place(region, box)
        comparison = self._compare(image, golden) if golden else None
        test = comparison.test if comparison else self._image(image)
        named, exact = find_place(where, (test.width, test.height), comparison)
        crop, other, note = zoom(test, exact, images=self._images), None, ""
        if comparison is not None and comparison.aligned is not None:
            if comparison.registration.comparable:
                other = zoom(comparison.aligned, exact, images=self._images)
            else:
                note = " The golden image shows another object or view and was left out."
        seen = f"crop {crop.sha256[:SHORT]} of the test image ({crop.width} x {crop.height} px)"
        same = f", crop {other.sha256[:SHORT]} of the golden image at the same place" if other else ""
        artifact = {
            "region": named.id if named else "",
            "box": list(exact),
            "test": crop.model_dump(mode="json"),
            "golden": other.model_dump(mode="json") if other else None,
        }
        return f"{place(exact, test.width, test.height)}: {seen}{same}.{note}", artifact

    def _image(self, name: str) -> ImageRef:
        return named_image(self._images, name)

    def _compare(self, image: str, golden: Sequence[str]) -> Comparison:
        test, references = self._image(image), [self._image(g) for g in golden]
        key = (test.sha256, *(r.sha256 for r in references))
        with self._lock:
            known = self._comparisons.get(key)
            if known is not None:
                self._comparisons.move_to_end(key)
                return known
        made = compare(test, references, images=self._images, foreground=self._foreground)
        with self._lock:
            self._comparisons[key] = made
            while len(self._comparisons) > _KEPT:
                self._comparisons.popitem(last=False)
        return made


def told_comparison(comparison: Comparison) -> str:
    """A comparison in a few lines: what was compared, how well it fits, and a line a region."""
    test, reference, how = comparison.test, comparison.references[0], comparison.registration
    pair = f"test {test.sha256[:SHORT]} ({test.width} x {test.height} px) and golden {reference.sha256[:SHORT]}"
    if not how.comparable:
        return (
            f"{pair} do not show the same object or view ({as_data(how.note)}): nothing was compared, and this says "
            "nothing about defects. Look for another golden image."
        )
    p = (
        ""
        if comparison.p_value is None
        else f", p {comparison.p_value:.3f} against {len(comparison.references)} golden images"
    )
    count = len(comparison.regions)
    note = f"; {as_data(how.note)}" if how.note else ""
    lines = [
        f"{pair}: difference {comparison.score:.2f}{p}, {count} region{'' if count == 1 else 's'} "
        f"(registered by {how.method}, confidence {how.confidence:.2f}{note})."
    ]
    for region in comparison.regions:
        hint = f", its outline suggests {as_data(region.hint, 40)}" if region.hint else ""
        where = place(region.box, test.width, test.height)
        lines.append(
            f"[{region.id}] {where}, box {list(region.box)}: {region.told}, difference {region.score:.2f}{hint}."
        )
    return "\n".join(lines)


def _one_place(region: str | None, box: Sequence[int] | None) -> Where:
    if region is not None and box is None:
        return region
    if box is not None and region is None:
        return box
    why = "neither is given" if region is None else "both are given"
    raise BadInput("region and box", why, "give one of them")
