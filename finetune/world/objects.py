"""The object families of the synthetic world: capsule, bottle, nut, gear, screw, connector, moulded toy."""

from __future__ import annotations

from .family import Family
from .object_bottle import BOTTLE
from .object_capsule import CAPSULE
from .object_connector import CONNECTOR
from .object_gear import GEAR
from .object_nut import NUT
from .object_screw import SCREW
from .object_toy import TOY

FAMILIES: tuple[Family, ...] = (CAPSULE, BOTTLE, NUT, SCREW, GEAR, CONNECTOR, TOY)
