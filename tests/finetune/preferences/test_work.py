"""What a build works through: which cases are asked about, with which golden image and which names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sage_inspect.answers import parse_answer
from sage_inspect.errors import BadInput
from sage_inspect.eval.answer_scale import Shown
from sage_inspect.eval.datasets import Case, LabelledBox
from sage_inspect.finetune.preferences.lore import UNNAMED
from sage_inspect.finetune.preferences.work import file_name, harmless_copy, plan, shown_in, spoken_names
from sage_inspect.schema import Box


def case(id, label="normal", split="test", **parts):
    return Case(id, Path(f"{id}.png"), label=label, split=split, object="plug", **parts)


GOLDEN = [case(f"train/{i}", split="train") for i in range(4)]


def test_types_are_named_so_that_an_answer_can_begin_with_them():
    names = spoken_names(["missing_wire", "Kratzer (groß)", "划痕", "2nd", "2 nd", "none", "none", "a" * 60, ""])
    assert names["missing_wire"] == "missing wire"
    assert names["Kratzer (groß)"] == "kratzer gro"
    assert len(set(names.values())) == len(names) == 7
    assert all(parse_answer(f"True. {name}: it is so.").type == name for name in names.values())


def test_golden_images_are_compared_with_and_not_asked_about():
    cases = [*GOLDEN, case("good"), case("bad", "defect", types=("bent_lead",)), case("odd", None)]
    found = plan(cases)
    assert [w.case.id for w in found] == ["good", "bad"]
    assert all(w.reference in {g.image for g in GOLDEN} and not w.copy for w in found)
    assert found[1].case.types == ("bent lead",)
    assert "bent lead" in found[1].lore.types


def test_a_case_keeps_its_own_golden_image_though_its_split_holds_golden_ones():
    own = case("pair", split="train", reference=Path("own.png"))
    assert [(w.case.id, w.reference) for w in plan([own])] == [("pair", Path("own.png"))]


def test_golden_images_are_drawn_by_the_seed_and_the_case():
    asked = [case(f"bad{i}", "defect") for i in range(12)]
    normal = [case("good")]
    first, again, other = (plan([*GOLDEN, *asked, *normal], seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert [w.reference for w in first] != [w.reference for w in other]
    assert len({w.reference for w in first}) == 4
    # What comes before it does not change what a case is compared with.
    assert plan([*GOLDEN, *asked[5:], *normal], seed=1)[0].reference == first[5].reference


def test_where_only_golden_images_are_normal_copies_of_them_are_asked_about():
    asked = [case("bad1", "defect"), case("bad2", "defect")]
    found = plan([*GOLDEN, *asked])
    assert [w.copy for w in found] == [False, False, True, True]
    for work in found[2:]:
        assert work.reference == work.case.image
        assert work.case in GOLDEN


def test_the_only_normal_image_is_not_its_own_reference():
    found = plan([case("good"), case("bad", "defect")])
    assert [w.reference for w in found] == [None, Path("good.png")]


def test_splits_choose_what_is_asked_about():
    cases = [*GOLDEN, case("a", split="val"), case("b", "defect", split="test")]
    found = plan(cases, splits=("val",))
    assert [w.case.id for w in found] == ["a"]
    assert found[0].reference in {g.image for g in GOLDEN}
    with pytest.raises(BadInput, match="use some of 'test', 'train', 'val'"):
        plan(cases, splits=("gone",))
    with pytest.raises(BadInput, match="4 images: none of them is labelled"):
        plan(GOLDEN)


def test_the_objects_name_may_be_given():
    assert plan([case("good")], object="wall plug")[0].lore.object == "wall plug"
    assert plan([case("good")])[0].lore.object == "plug"


def test_what_an_image_shows():
    small, large = LabelledBox(Box(0, 0, 10, 10), "pit"), LabelledBox(Box(60, 60, 90, 90), "dent")
    defect = case("bad", "defect", types=("pit", "dent"))
    assert shown_in(defect, (small, large), 90, 90) == (Shown("dent", ("lower right",)), Shown("pit", ("upper left",)))
    assert shown_in(case("good"), (small,), 90, 90) == ()
    assert shown_in(case("bad", "defect"), (), 90, 90) == (Shown(UNNAMED, ()),)
    # A box that does not say its type: any place is right for any.
    mixed = shown_in(defect, (LabelledBox(small.box, ""), large), 90, 90)
    assert mixed == (Shown("pit", ("lower right", "upper left")), Shown("dent", ("lower right", "upper left")))


def test_a_harmless_copy_is_another_picture_of_the_same_thing():
    rng = np.random.default_rng(0)
    levels = np.full((80, 100, 3), 60, np.uint8)
    levels[20:60, 30:70] = 190
    image = Image.fromarray(levels)
    for _ in range(10):
        copy = np.asarray(harmless_copy(image, rng), float)
        gap = np.abs(copy - levels).mean(axis=2)
        assert 1 < gap.mean() < 30
        assert np.median(gap[30:50, 40:60]) < 35, "light only"
        assert copy[25:55, 35:65].mean() - copy[:15].mean() > 90
    assert harmless_copy(image.convert("L"), rng).mode == "RGB"


def test_file_names_are_readable_and_different():
    ids = ["test/bent/000.png", "test/bent-000.png", "test/bent/000.PNG", "a" * 200, "b" + "a" * 199, "划痕"]
    names = [file_name(id) for id in ids]
    assert len(set(names)) == len(ids)
    assert names[0].startswith("test-bent-000-png-")
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,80}", name) for name in names)
