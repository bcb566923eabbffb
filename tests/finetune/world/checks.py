"""What every family of the world must hold, as functions that its test calls."""

import re

import numpy as np

from sage_inspect.finetune.world.dialogues.wording import plural, say


def draws(family, sizes=(96, 320), seeds=6):
    """Each type, at each size: planted, inside the picture, changed inside its mask only, deterministic."""
    for size in sizes:
        for one in family.types:
            planted = 0
            for seed in range(seeds):
                scene = family.draw(np.random.default_rng(seed), size, [one.name])
                again = family.draw(np.random.default_rng(seed), size, [one.name])
                assert np.array_equal(scene.golden, again.golden) and np.array_equal(scene.test, again.test)
                assert scene.golden.shape == scene.test.shape == (size, size, 3)
                assert scene.golden.dtype == scene.test.dtype == np.uint8
                union = check_masks(scene, [one.name])
                changed = (scene.golden != scene.test).any(axis=2)
                assert np.array_equal(changed, union), (family.name, one.name, seed)
                planted += len(scene.defects)
            assert planted >= seeds - 1, (family.name, one.name, size, planted)


def check_masks(scene, types):
    """Masks are of the types asked for, inside the picture, not empty and apart; returns their union."""
    union = np.zeros(scene.golden.shape[:2], bool)
    order = [t for t in types if t in {name for name, _ in scene.defects}]
    assert [name for name, _ in scene.defects] == order
    for _, mask in scene.defects:
        assert mask.dtype == bool and mask.shape == union.shape and mask.any()
        assert not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
        assert not (mask & union).any()
        union |= mask
    return union


def is_seen(family, seeds=20, size=256):
    """Every planted defect: enough pixels, and enough luma, of a size between a few and about 90 pixels."""
    for one in family.types:
        longest = []
        for seed in range(seeds):
            scene = family.draw(np.random.default_rng((seed, 5)), size, [one.name])
            for _, mask in scene.defects:
                difference = np.abs((scene.test.astype(float) - scene.golden) @ (0.299, 0.587, 0.114))
                where = (family.name, one.name, seed)
                assert difference[mask].mean() >= 12 and (difference >= 12).sum() >= 20, where
                ys, xs = np.nonzero(mask)
                longest.append(max(np.ptp(ys), np.ptp(xs)) + 1)
        assert len(longest) >= 0.9 * seeds and 6 <= min(longest) and max(longest) <= 125, (one.name, longest)


def clean_is_equal(family):
    """Without defects both pictures are one; pictures differ from seed to seed."""
    first, second = (family.draw(np.random.default_rng(seed), 96, ()) for seed in (1, 2))
    for scene in (first, second):
        assert scene.defects == () and np.array_equal(scene.golden, scene.test)
        assert scene.golden.std() > 1
    assert np.abs(first.golden.astype(int) - second.golden).mean() > 3


def several(family):
    """Two or three defects at once: all of them, mostly, and never on top of each other."""
    names, found = [t.name for t in family.types], 0
    for seed in range(6):
        asked = names[seed % len(names) :][:2] + names[:1]
        scene = family.draw(np.random.default_rng((seed, 8)), 256, asked)
        check_masks(scene, asked)
        found += len(scene.defects)
    assert found >= 14


def texts(family):
    """Wordings are many, closed, in lower case, without a full stop, and name no type but their own."""
    rng = np.random.default_rng(0)
    words = {t.name: (t.name, *t.synonyms) for t in family.types}
    flat = [w for names in words.values() for w in names]
    assert len(flat) == len(set(flat)), flat
    for one in family.types:
        assert len(one.looks) >= 2 and one.effects and one.causes
        assert one.change in ("added", "missing", "altered")
        foreign = [w for name, names in words.items() if name != one.name for w in names]
        for template in (*one.looks, *one.effects, *one.causes):
            _template(template, rng, foreign, least=1)
        assert len({say(rng, one.looks[i % len(one.looks)]) for i in range(60)}) >= 12, one.name
    assert len(family.normal) >= 2 and family.about
    for template in (*family.normal, *family.about):
        _template(template, rng, flat, least=2)


def _template(template, rng, foreign, least):
    said = {say(rng, template) for _ in range(40)}
    assert len(said) >= least, template
    for text in said:
        assert text == text.strip() and text[0].islower() and text[-1] not in ".,:;", text
        assert not re.search(r"[{}|<>]|\b(a|an) (a|an|the)\b| ,|  ", text), text
        assert not re.search(r"\ba [aeio]|\ban [^aeiouh]", text), text
        for word in foreign:
            assert not re.search(rf"\b({re.escape(word)}|{re.escape(plural(word))})\b", text), (word, text)


def everything(family):
    """All of it."""
    draws(family)
    is_seen(family)
    clean_is_equal(family)
    several(family)
    texts(family)
