"""The arguments of the tools, as a model fills them in; each field says what belongs there."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..schema import FactKind
from .find_golden import MOST as MOST_GOLDEN
from .recall_facts import MOST as MOST_FACTS
from .wrapping import Arguments


def _listed(value: Any) -> Any:
    """A single name where a list is asked for is a list of one: models write it so."""
    return [value] if isinstance(value, str) else value


Image = Annotated[str, Field(description="Digest (or its first 12 digits) or path of the test image.", min_length=1)]
Golden = Annotated[
    list[str],
    BeforeValidator(_listed),
    Field(description="Digests or paths of golden images of the same object, the best first.", max_length=MOST_GOLDEN),
]
Id = Annotated[str | None, Field(description="Id of a region, e.g. R1, as compare_images gave it for these images.")]
Corners = Annotated[
    list[int] | None,
    Field(
        description="Box [x1, y1, x2, y2] in pixels of the test image, instead of a region.", min_length=4, max_length=4
    ),
]


class FindGolden(Arguments):
    """Arguments of `find_golden`."""

    image: Image
    object: str | None = Field(None, description="Name of the object, if it is known; else all are searched.")
    k: int = Field(3, ge=1, le=MOST_GOLDEN, description="How many golden images at most.")


class CompareImages(Arguments):
    """Arguments of `compare_images`."""

    image: Image
    golden: Annotated[Golden, Field(min_length=1)]


class DescribeRegion(Arguments):
    """Arguments of `describe_region`."""

    image: Image
    golden: Annotated[Golden, Field(min_length=1)]
    region: Id = None
    box: Corners = None


class Measure(Arguments):
    """Arguments of `measure`."""

    image: Image
    golden: Golden = Field([], description="The golden images of the comparison; none measures inside a box alone.")
    region: Id = None
    box: Corners = None
    mm_per_pixel: float | None = Field(None, description="Millimetres a pixel, only if somebody told you; never guess.")


class Zoom(Arguments):
    """Arguments of `zoom`."""

    image: Image
    golden: Golden = Field([], description="The golden images of the comparison, to see the same place in them too.")
    region: Id = None
    box: Corners = None


class RecallFacts(Arguments):
    """Arguments of `recall_facts`."""

    question: str = Field("", description="What you want to know, in plain words.")
    object: str | None = Field(None, description="The kind of object, e.g. printed circuit board.")
    k: int = Field(8, ge=1, le=MOST_FACTS, description="How many facts at most.")
    kinds: list[FactKind] | None = Field(None, description="Only facts of these kinds, e.g. criterion.")
