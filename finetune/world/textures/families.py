"""The families of textured surfaces."""

from __future__ import annotations

from .fabric import FABRIC
from .metal import METAL
from .tile import TILE
from .wood import WOOD

FAMILIES = (METAL, FABRIC, TILE, WOOD)
