"""Every family keeps the contract of family.py: scenes, masks, words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world.dialogues.wording import say
from sage_inspect.finetune.world.families import families, family, family_names, label_names

_RNG = np.random.default_rng(0)


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_scenes_keep_the_contract(one):
    size, made = 96, 0
    for i, kind in enumerate(one.types):
        rng = np.random.default_rng((7, i))
        scene = one.draw(rng, size, [kind.name])
        again = one.draw(np.random.default_rng((7, i)), size, [kind.name])
        assert (scene.test == again.test).all()
        for picture in (scene.golden, scene.test):
            assert picture.shape == (size, size, 3)
            assert picture.dtype == np.uint8
        gap = np.abs(scene.test.astype(int) - scene.golden).max(2)
        for name, mask in scene.defects:
            assert name == kind.name
            assert mask.dtype == bool
            assert mask.shape == (size, size)
            assert gap[mask].max() > 8
            made += 1
    assert made >= 0.6 * len(one.types)


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_without_types_there_is_no_defect(one):
    scene = one.draw(np.random.default_rng(5), 96, [])
    assert scene.defects == ()


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_words(one):
    assert len(one.normal) >= 2
    assert one.about
    names = [n for t in one.types for n in (t.name, *t.synonyms)]
    assert len(names) == len(set(names)), "a synonym means one type alone"
    for kind in one.types:
        assert len(kind.looks) >= 2
        assert kind.effects
        assert kind.causes
        others = [n for t in one.types if t is not kind for n in (t.name, *t.synonyms)]
        for template in (*kind.looks, *kind.effects, *kind.causes):
            for _ in range(6):
                text = say(_RNG, template)
                assert not re.search(r"[{}|<>.]", text), template
                for other in others:
                    assert not re.search(rf"\b{re.escape(other)}s?\b", text), f"{kind.name}: {text!r} names {other}"


def test_names():
    assert len(set(family_names())) == len(families())
    labels = label_names()
    assert labels[0] == "none"
    assert list(labels[1:]) == sorted(set(labels[1:]))
    assert set(families(True)) | set(families(False)) == set(families())
    assert family("bare board").object == "printed circuit board"
    with pytest.raises(BadInput, match="bare board"):
        family("teapot")
