"""The order in which a training meets its records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class LengthSampler:
    """Indices in an order that depends on seed and epoch alone, so that a resumed run meets the same batches.

    Args:
        lengths: of the records, in tokens.
        batch: records an update; batches hold records of like length, and come in random order.
        seed: of the order.
        group: False gives a plain shuffle.
    """

    def __init__(self, lengths: list[int], batch: int, seed: int, *, group: bool = True) -> None:
        self.lengths, self.batch, self.seed, self.group = lengths, batch, seed, group
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The order of the next iteration; the trainer calls it."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self.seed, self.epoch, 11))
        order = rng.permutation(len(self.lengths))
        if self.group:
            near = 50 * self.batch
            for begin in range(0, len(order), near):
                part = order[begin : begin + near]
                part[:] = part[np.argsort(np.asarray(self.lengths)[part], kind="stable")]
            whole = len(order) // self.batch * self.batch
            batches = order[:whole].reshape(-1, self.batch)
            # A last, smaller batch stays last: in the middle it would shift all after it.
            order = np.concatenate([rng.permutation(batches).reshape(-1), order[whole:]])
        yield from order.tolist()
