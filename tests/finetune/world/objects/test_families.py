"""Object families: every type draws, is visible in luma, lies in its mask only; the clauses speak of their own type."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

from sage_inspect.finetune.world.dialogues.wording import say
from sage_inspect.finetune.world.objects.families import FAMILIES

EACH = [(family, kind.name) for family in FAMILIES for kind in family.types]
IDS = [f"{family.name}-{name}" for family, name in EACH]
LUMA = np.array([0.299, 0.587, 0.114])


def draw(family, seed, size, *types):
    return family.draw(np.random.default_rng(seed), size, types)


def expand(template):
    """All wordings of a template without nested braces."""
    parts = [p.split("|") if i % 2 else [p] for i, p in enumerate(re.split(r"[{}]", template))]
    return [" ".join("".join(words).split()) for words in product(*parts)]


def test_what_there_is():
    assert len(FAMILIES) == len({f.name for f in FAMILIES}) == 7
    assert {f.name for f in FAMILIES if f.held_out} == {"gear", "connector", "moulded toy"}
    trained = {k.name for f in FAMILIES if not f.held_out for k in f.types}
    held = {k.name for f in FAMILIES if f.held_out for k in f.types}
    # Zero-shot rests on names that look alike in families that are trained on.
    assert {"scratch", "stain", "crack", "chip", "burr", "contamination", "flash", "swapped part"} <= trained & held
    for family in FAMILIES:
        assert any(kind.logical for kind in family.types)
        assert len({kind.name for kind in family.types}) == len(family.types)


@pytest.mark.parametrize(("family", "name"), EACH, ids=IDS)
def test_defects_are_seen_in_luma_and_lie_in_their_masks(family, name):
    found = 0
    for seed, size in [*((s, 256) for s in range(4)), *((s, 96) for s in range(4, 18)), (18, 320), (19, 131)]:
        scene = draw(family, seed, size, name)
        assert scene.golden.shape == scene.test.shape == (size, size, 3)
        assert scene.golden.dtype == scene.test.dtype == np.uint8
        for kind, mask in scene.defects:
            assert kind == name
            assert mask.shape == (size, size) and mask.dtype == bool
            assert (scene.golden[~mask] == scene.test[~mask]).all()
            gap = np.abs((scene.test.astype(float) - scene.golden) @ LUMA)
            assert gap[mask].mean() >= 12
            assert (gap >= 12).sum() >= max(5, 20 * (size / 256) ** 2)
            found += 1
    assert found >= 19


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_scenes_follow_from_the_seed(family):
    names = [kind.name for kind in family.types[:2]]
    first, again, other = draw(family, 5, 96, *names), draw(family, 5, 96, *names), draw(family, 6, 96, *names)
    assert (first.golden == again.golden).all() and (first.test == again.test).all()
    assert [n for n, _ in first.defects] == [n for n, _ in again.defects]
    assert all((a == b).all() for (_, a), (_, b) in zip(first.defects, again.defects, strict=True))
    assert (first.golden != other.golden).any()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_no_type_gives_two_equal_pictures(family):
    for size in (96, 200, 512):
        scene = draw(family, size, size)
        assert scene.defects == ()
        assert (scene.golden == scene.test).all()
        assert scene.golden.std() > 4


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_several_defects_stay_apart(family):
    rng, several = np.random.default_rng(3), 0
    for seed in range(12):
        names = [family.types[i].name for i in rng.integers(len(family.types), size=3)]
        scene = draw(family, seed, 128, *names)
        assert [n for n, _ in scene.defects] == [n for n in names if n in dict(scene.defects)][
            : len(scene.defects)
        ] or (len(set(names)) < 3)
        count = sum((mask.astype(int) for _, mask in scene.defects), np.zeros((128, 128), int))
        assert count.max(initial=0) <= 1
        assert (scene.golden == scene.test)[count == 0].all()
        several += len(scene.defects) >= 2
    assert several >= 6


def test_small_and_large_defects_occur():
    sides = []
    for family, name in EACH:
        for _, mask in draw(family, 1, 256, name).defects:
            ys, xs = np.nonzero(mask)
            sides.append(max(np.ptp(ys), np.ptp(xs)) + 1)
    assert min(sides) >= 6
    assert min(sides) < 22
    assert np.quantile(sides, 0.75) > 35


def names_of(kind):
    return (kind.name, *kind.synonyms)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_clauses_speak_of_their_own_type_alone(family):
    for kind in family.types:
        others = [n for other in family.types if other is not kind for n in names_of(other)]
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, others))})(?:e?s|ed)?\b", re.IGNORECASE)
        for template in (*kind.looks, *kind.effects, *kind.causes):
            for text in expand(template):
                assert not pattern.search(text), (kind.name, text)
                assert "{" not in text and "|" not in text and text == text.strip()
                assert text[0].islower() and not text.endswith(".")
        assert len(kind.looks) >= 2 and kind.effects and kind.causes
        assert all(len(set(expand(t))) >= 4 for t in kind.looks), kind.name
        assert not set(names_of(kind)) & set(others)
    words = re.compile(rf"\b(?:{'|'.join(re.escape(n) for k in family.types for n in names_of(k))})s?\b")
    assert len(family.normal) >= 2 and family.about
    for template in (*family.normal, *family.about):
        assert len(set(expand(template))) >= 4
        assert not any(words.search(text) for text in expand(template))


def test_one_name_says_the_same_everywhere():
    seen = {}
    for family in FAMILIES:
        for kind in family.types:
            assert seen.setdefault(kind.name, (kind.change, kind.logical)) == (kind.change, kind.logical)


def test_templates_are_in_the_wording_language():
    rng = np.random.default_rng(0)
    for family in FAMILIES:
        for template in (
            *family.normal,
            *family.about,
            *(t for k in family.types for t in k.looks + k.effects + k.causes),
        ):
            assert say(rng, template) in expand(template)
