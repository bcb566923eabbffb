"""The families of textured surfaces."""

from __future__ import annotations

from .texture_fabric import FABRIC
from .texture_metal import METAL
from .texture_tile import TILE
from .texture_wood import WOOD

FAMILIES = (METAL, FABRIC, TILE, WOOD)
