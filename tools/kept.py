"""The last few prepared things in memory: preparing golden images costs more than a comparison with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

Made = TypeVar("Made")


class Kept:
    """What was made for the last `limit` keys; safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._made, self._lock = limit, OrderedDict[Hashable, object](), Lock()

    def get(self, key: Hashable | None, build: Callable[[], Made]) -> Made:
        """What `build` made for `key`, now or earlier; None as the key keeps nothing.

        Two threads that ask for a new key at once both build it: none waits for the other.
        """
        if key is None:
            return build()
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return cast(Made, self._made[key])
        made = build()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._limit:
                self._made.popitem(last=False)
        return made
