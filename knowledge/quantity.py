"""A length or an area as people write it, told in px, mm, px2 or mm2."""

from __future__ import annotations

_TO_MM = {"mm": 1.0, "millimetre": 1.0, "millimeter": 1.0, "cm": 10.0, "µm": 0.001, "μm": 0.001, "um": 0.001,
          "micron": 0.001, "micrometre": 0.001, "micrometer": 0.001}  # fmt: skip

UNIT = r"px|pixels?|mm|millimet(?:re|er)s?|cm|[µμu]m|microns?|micromet(?:re|er)s?"
SQUARE = r"²|2|\^2"
"""Patterns (no groups, any case) of what `in_unit` knows, and of the mark of a square behind it."""


def in_unit(number: str, unit: str, *, square: bool = False) -> tuple[float, str]:
    """`number` (decimal point or comma) and `unit` (as `UNIT` matches) in px or mm, or their squares."""
    value, name = float(number.replace(",", ".")), unit.lower()
    if name.startswith("p"):
        return value, "px2" if square else "px"
    factor = _TO_MM[name if name in _TO_MM else name.rstrip("s")]
    return round(value * factor ** (2 if square else 1), 12), "mm2" if square else "mm"
