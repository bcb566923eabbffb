"""What is measured on: drawn windows from their own seeds, and crops of labelled sets as the agent cuts them."""

from __future__ import annotations

import json

import numpy as np

from sage_inspect.finetune.nano.evaluate_data import (
    deeppcb,
    drawn,
    drawn_windows,
    photographs,
    shared_data,
    whole_windows,
)
from sage_inspect.finetune.world.families import families, family

KINDS = {"open", "short", "mousebite", "spur", "spurious copper", "pin-hole"}


def pixels(image):
    return np.asarray(image, int)


def test_drawn_windows_say_what_they_show():
    examples = drawn(24, 5)
    assert [e.test.tobytes() for e in examples[:3]] == [e.test.tobytes() for e in drawn(3, 5)]
    assert examples[0].test.tobytes() != drawn(1, 6)[0].test.tobytes()
    for example in examples:
        assert example.test.size == example.reference.size == (96, 96)
        assert bool(example.kind) == bool(example.size)
        if example.kind:
            assert family(example.family).type(example.kind)
    assert {bool(e.kind) for e in examples} == {True, False}
    assert not any(family(e.family).held_out for e in examples)


def test_families_held_out_are_drawn_where_asked_for():
    away = families(True)
    assert {e.family for e in drawn(4 * len(away), 1, away)} <= {f.name for f in away}


def test_windows_of_whole_pictures_are_their_own_reference():
    examples = drawn_windows(24, 2)
    assert len(examples) == 24
    assert all(e.test.size == (120, 120) and e.test is e.reference and not e.kind for e in examples)
    assert len({e.test.tobytes() for e in examples}) == 24
    assert len({e.family for e in examples}) > 2, "of all families, not of boards alone"


def test_crops_lie_around_boxes_and_apart_from_them(shared):
    examples = deeppcb(shared, positives=6, negatives=8)
    assert [bool(e.kind) for e in examples] == [True] * 6 + [False] * 8
    items = json.loads((shared / "deeppcb" / "manifest.json").read_text())["items"]
    boxes = [b for item in items for b in item["boxes"]]
    sizes = sorted(max(b[2] - b[0], b[3] - b[1]) for b in boxes)
    assert sorted(e.size for e in examples[:6]) == sizes
    assert {e.kind for e in examples[:6]} <= KINDS, "`copper` is spurious copper here"
    for example in examples:
        gap = np.abs(pixels(example.test) - pixels(example.reference)) > 128
        assert example.test.size[0] >= max(96, 1.6 * example.size - 1)
        if example.kind:
            side = example.test.size[0]
            middle = gap[side // 4 : 3 * side // 4, side // 4 : 3 * side // 4]
            assert middle.any(), "the defect lies in the middle"
        else:
            assert example.test.size == (96, 96)
            # Only ragged edges differ: nothing as thick as a defect.
            assert not (gap[:-2, :-2] & gap[2:, 2:] & gap[:-2, 2:] & gap[2:, :-2] & gap[1:-1, 1:-1]).any()


def test_jitter_moves_the_golden_crop_only(shared):
    still = deeppcb(shared, positives=6, negatives=2, seed=3)
    moved = deeppcb(shared, positives=6, negatives=2, seed=3, shift=2.5, angle=1.5)
    assert [e.test.tobytes() for e in still] == [e.test.tobytes() for e in moved]
    assert sum(a.reference.tobytes() != b.reference.tobytes() for a, b in zip(still, moved, strict=True)) >= 6
    assert [(e.kind, e.size) for e in still] == [(e.kind, e.size) for e in moved]


def test_photographs_have_another_picture_as_reference(shared):
    found = list(photographs(shared, 3))
    assert len(found) == 3
    assert {name for name, _ in found} == {"hazelnut"}, "sets that are not there are left out"
    for _, example in found:
        assert example.test.size == example.reference.size
        assert example.test.size[0] == example.test.size[1] <= 180
        assert (example.family, example.kind) == ("", "")


def test_plain_windows_are_left_out(shared):
    windows = whole_windows(shared, "hazelnut", 3, side=64)
    assert len(windows) == 2 * 9
    assert all(pixels(w.test).std() >= 8 and w.test.size == (64, 64) for w in windows)
    assert all(w.test.size == (200, 200) for w in whole_windows(shared, "hazelnut", 3, side=999))


def test_shared_data_is_found_or_left_out(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("SAGE_DATA", str(shared))
    assert shared_data() == shared
    monkeypatch.setenv("SAGE_DATA", str(tmp_path / "gone"))
    assert shared_data() is None
