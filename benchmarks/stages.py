"""Where the time of a comparison goes: registration, description, matching, regions, and the rest.

Each stage's functions are wrapped where `tools` calls them; a stage inside another counts for the inner one only.
"""

from __future__ import annotations

import time
from collections import defaultdict

from sage_inspect.tools import boards_difference, compare, difference, encoders, light, ways

STAGES = {
    "reading and storing": [(compare, "golden_refs"), (compare, "warp"), (compare.ImageStore, "put")],
    "registration": [(difference, "register"), (boards_difference, "register_masks")],
    "light": [(difference, "match_light"), (light, "jittered")],
    "description": [(encoders.Fused, "__call__"), (encoders.Classical, "__call__")],
    "matching": [(difference, "match"), (boards_difference, "_differences")],
    "texture": [(ways, "build_texture_set"), (ways, "texture_difference")],
    "regions": [
        (ways, name)
        for name in ("photo_regions", "photo_moves", "photo_heat", "board_regions", "board_moves", "board_heat")
    ],
}


class Stages:
    """Counts the seconds of each stage while it is entered; restores the functions at the end."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = 0.0
        self._kept: list[tuple[object, str, object]] = []

    def __enter__(self) -> Stages:
        self._since = time.perf_counter()
        for stage, places in STAGES.items():
            for owner, name in places:
                self._kept.append((owner, name, getattr(owner, name)))
                setattr(owner, name, self._counted(stage, getattr(owner, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._turn()
        for owner, name, function in self._kept:
            setattr(owner, name, function)

    def shares(self) -> str:
        """Per cent of the time by stage, the largest first."""
        whole = sum(self.seconds.values()) or 1.0
        ordered = sorted(self.seconds.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {100 * seconds / whole:.0f}" for name, seconds in ordered if seconds > 0.005 * whole)

    def _turn(self) -> None:
        now = time.perf_counter()
        self.seconds[self._running[-1] if self._running else "rest"] += now - self._since
        self._since = now

    def _counted(self, stage, function):
        def counted(*args, **kwargs):
            self._turn()
            self._running.append(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._running.pop()

        return counted
