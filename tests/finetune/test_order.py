"""The order of data: the same for a resumed run, and batches of like length."""

from __future__ import annotations

from sage_inspect.finetune.order import LengthSampler


def test_the_order_depends_on_seed_and_epoch_alone():
    lengths = [n * 7 % 50 for n in range(103)]
    first, second = LengthSampler(lengths, 4, 1), LengthSampler(lengths, 4, 1)
    second.set_epoch(5)
    list(second)
    second.set_epoch(0)
    assert list(first) == list(second)
    assert sorted(first) == list(range(103))
    second.set_epoch(1)
    assert list(first) != list(second)
    assert list(first) != list(LengthSampler(lengths, 4, 2))
    assert sorted(LengthSampler(lengths, 4, 1, group=False)) == list(range(103))


def test_batches_hold_records_of_like_length():
    lengths = [n * 37 % 100 for n in range(100)]

    def padding(group):
        order = list(LengthSampler(lengths, 4, 0, group=group))
        batches = [[lengths[i] for i in order[k : k + 4]] for k in range(0, 100, 4)]
        return sum(4 * max(batch) - sum(batch) for batch in batches)

    assert padding(True) < 0.2 * padding(False)
