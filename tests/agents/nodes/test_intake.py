"""What intake makes of an image: familiar taken as a whole, recognised by what its windows show."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sage_inspect.agents.nodes.intake import recognise, surprised
from sage_inspect.agents.speak import Spoken
from sage_inspect.answers import parse_answer


def spoken(*familiarities):
    return [Spoken("screw", parse_answer("screw"), None, f, True) for f in familiarities]


@pytest.mark.parametrize(("limit", "told"), [(2.0, True), (3.5, False), (None, False)])
def test_an_image_is_surprising_by_all_of_its_windows(limit, told):
    assert surprised(SimpleNamespace(surprise_limit=limit), spoken(*[0.05] * 9)) is told


def test_a_model_that_cannot_tell_is_not_surprised():
    assert not surprised(SimpleNamespace(surprise_limit=2.0), spoken(None, None))


def picture():
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (360, 360), dtype=np.uint8)


@pytest.mark.parametrize(("agree", "name"), [(9, "screw"), (7, None)])
def test_windows_that_show_different_things_are_no_object(scripted, images, agree, name):
    answers = iter(["screw"] * agree + ["capsule"] * (9 - agree))
    model = scripted(lambda text: next(answers), regions_only=True)
    known = recognise(images.put(picture()), [], None, model=model, images=images)
    assert (known.object, known.familiar, known.recognised) == (name, True, name is not None)
