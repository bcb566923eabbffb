"""What describes an image for comparison: a small interface, and the encoder that needs no weights.

An encoder turns an image into a grid of vectors; everything after that (noise units, matching with position or without,
thresholds, regions) is the same for all. Encoders with weights are loaded in `models.encoders`, because tools know no
models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from .descriptors import GROUPS, describe_cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Encoder(Protocol):
    """Describes an image by a vector for each place of a grid. Safe to share between threads.

    Attributes:
        name: of encoder and weights, e.g. `classical` or `model@1a2b3c4d`: prepared golden images are kept under it.
        groups: channels that are matched together, each with its weight in the distance.
        reach: cells within which a registered place may find its match.
        learns_textures: whether golden images that do not align are learned from by planted defects (`texture`), which
            needs the classical features; otherwise by a memory of their vectors (`memory`).
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above
    @property
    def groups(self) -> Sequence[tuple[slice, float]]: ...  # noqa: D102
    @property
    def reach(self) -> int: ...  # noqa: D102
    @property
    def learns_textures(self) -> bool: ...  # noqa: D102

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[rows, columns, channels]` of an image `uint8[h, w, 3]`; the grid covers the whole image evenly."""
        ...


class Classical:
    """Gabor energy, edges, band-passes, light and colour (`descriptors`): a vector every 4 pixels, no weights."""

    name = "classical"
    groups = tuple(GROUPS.values())
    reach = 2
    learns_textures = True

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[h // 4, w // 4, C]` of an image `uint8[h, w, 3]`."""
        return describe_cells(rgb)


CLASSICAL = Classical()
