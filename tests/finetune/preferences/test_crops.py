"""Windows around labelled boxes as the agent cuts them, and normal ones that meet no defect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sage_inspect.eval.datasets import Case, LabelledBox
from sage_inspect.finetune.preferences.crops import context_window, crop_views
from sage_inspect.finetune.preferences.lore import UNNAMED, lore_of
from sage_inspect.prompts import place
from sage_inspect.schema import Box
from sage_inspect.tools import zoom

LORE = lore_of("thing", ("scratch", "missing leg"))
BOXES = (LabelledBox(Box(20, 20, 40, 30), "scratch"), LabelledBox(Box(200, 150, 230, 210), "missing leg"))
CASE = Case("a", Path("a.png"), label="defect", types=("scratch", "missing leg"), boxes=BOXES)


def pictures():
    """A picture and its golden image of 400 x 300 pixels of noise."""
    levels = np.random.default_rng(0).integers(0, 256, (300, 400))
    return [Image.fromarray(np.clip(levels + step, 0, 255).astype(np.uint8)) for step in (0, 3)]


def views(boxes=BOXES, case=CASE, golden=True, seed=0):
    test, reference = pictures()
    return list(crop_views(case, boxes, test, reference if golden else None, LORE, np.random.default_rng(seed)))


@pytest.mark.parametrize("box", [Box(0, 0, 10, 10), Box(300, 5, 320, 90), Box(100, 100, 250, 120)])
def test_the_window_is_that_of_the_agent(box):
    assert context_window(box, 320, 240) == zoom.context_window(box, 320, 240)


def test_each_box_has_its_window_and_as_many_show_nothing():
    found = views()
    assert [v.region.id for v in found] == ["R1", "R2", "R3", "R4"]
    assert [v.shown and v.shown.type for v in found] == ["scratch", "missing leg", None, None]
    test, golden = pictures()
    for view, labelled in zip(found[:2], BOXES, strict=True):
        window = context_window(labelled.box, 400, 300)
        assert view.region.box == labelled.box
        assert view.where == place(labelled.box, 400, 300)
        assert view.shown.places == (view.where,)
        assert view.test.tobytes() == test.crop(window).tobytes()
        assert view.reference.tobytes() == golden.crop(window).tobytes()


def test_normal_windows_meet_no_defect():
    for seed in range(20):
        for view in views(seed=seed)[2:]:
            window = context_window(view.region.box, 400, 300)
            assert all(window.iou(labelled.box) == 0 for labelled in BOXES)
            assert 12 <= view.region.box.x2 - view.region.box.x1 < 60


def test_a_defect_that_fills_the_picture_leaves_no_normal_window():
    whole = (LabelledBox(Box(5, 5, 395, 295), "scratch"),)
    assert [bool(v.shown) for v in views(whole)] == [True]


def test_busy_places_are_preferred_and_plain_ones_not_refused():
    levels = np.random.default_rng(1).integers(0, 256, (300, 800))
    levels[:, :400] = 90  # the left half is plain
    half = Image.fromarray(levels.astype(np.uint8))
    good = Case("b", Path("b.png"), label="normal")
    found = [v for n in range(60) for v in crop_views(good, (), half, half, LORE, np.random.default_rng(n))]
    assert all(v.shown is None for v in found)
    assert len(found) == 60, "one of an image without defects"
    assert sum(v.region.box.x2 < 350 for v in found) < 20
    plain = Image.fromarray(np.full((300, 400), 90, np.uint8))
    assert list(crop_views(good, (), plain, None, LORE, np.random.default_rng(0)))


def test_boxes_of_unknown_type_count_only_where_the_set_names_none():
    unknown = (LabelledBox(Box(20, 20, 40, 30), ""),)
    assert not [v for v in views(unknown) if v.shown], "two types, and nobody says which"
    nameless = Case("c", Path("c.png"), label="defect", boxes=unknown)
    assert [v.shown.type for v in views(unknown, nameless) if v.shown] == [UNNAMED]


def test_without_a_golden_image_there_is_no_reference():
    assert {v.reference for v in views(golden=False)} == {None}


def test_the_change_agrees_with_the_type_mostly():
    changes = [views(seed=seed)[1].region.change for seed in range(60)]
    assert 40 <= changes.count("missing") < 60
