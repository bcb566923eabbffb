"""The object families of the synthetic world: capsule, bottle, nut, gear, screw, connector, moulded toy."""

from __future__ import annotations

from ..family import Family
from .bottle import BOTTLE
from .capsule import CAPSULE
from .connector import CONNECTOR
from .gear import GEAR
from .nut import NUT
from .screw import SCREW
from .toy import TOY

FAMILIES: tuple[Family, ...] = (CAPSULE, BOTTLE, NUT, SCREW, GEAR, CONNECTOR, TOY)
