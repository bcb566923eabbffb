"""The encoder that needs no weights, and every encoder by its name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..models.efficientnet import CONTRAST, EfficientNetEncoder
from ..models.encoders import Encoder, Group, load_encoder
from ..settings import Settings, get_settings
from .descriptors import GROUPS, describe_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Classical:
    """Gabor energy, edges, band-passes, light and colour (`descriptors`): a vector every 4 pixels, no weights."""

    name = "classical"
    groups = tuple(Group(channels, weight, reach=2) for channels, weight in GROUPS.values())
    contrast, measured = 1.0, True

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[h // 4, w // 4, C]` of an image `uint8[h, w, 3]`."""
        return describe_cells(rgb)


CLASSICAL = Classical()
SHARE, SAY = 0.26, 0.64
"""Weight of the classical groups beside a network's, enough that small plain marks, which it pools away, still show in
the map; and their say in the image's distance."""


class Fused:
    """EfficientNet's features, and the classical ones in its grid at a small share."""

    contrast, measured = CONTRAST, True

    def __init__(self, network: EfficientNetEncoder) -> None:
        self._network = network
        self.name = f"{network.name}+classical"
        first = max(group.channels.stop for group in network.groups)
        classical = (
            Group(slice(first + channels.start, first + channels.stop), SHARE * weight, say=SAY)
            for channels, weight in GROUPS.values()
        )
        self.groups = (*network.groups, *classical)

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[h // 8, w // 8, C]` of an image `uint8[h, w, 3]`."""
        deep = self._network(rgb)
        size = deep.shape[1::-1]
        fine = np.moveaxis(describe_cells(rgb), -1, 0)
        # Channel by channel: OpenCV's area interpolation knows four at most.
        classical = np.stack([cv2.resize(channel, size, interpolation=cv2.INTER_AREA) for channel in fine], -1)
        return np.concatenate([deep, classical], axis=-1, dtype=np.float32)


@lru_cache(maxsize=4)
def _fused(device: str) -> Encoder:
    return Fused(EfficientNetEncoder(device))


def encoder_named(name: str, settings: Settings | None = None) -> Encoder:
    """`classical`; `efficientnet` with a share of it; or what else `models.encoders.load_encoder` takes.

    Raises:
        BadInput, RunFailed: as `load_encoder`.
    """
    if name == "classical":
        return CLASSICAL
    if name == "efficientnet":
        return _fused((settings or get_settings()).device)
    return load_encoder(name, settings)
