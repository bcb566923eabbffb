"""What the examination of a region may claim, by what the model knows of the image."""

from __future__ import annotations

import numpy as np
import pytest

from sage_inspect.agents.nodes.examine import examine
from sage_inspect.agents.policy import Policy
from sage_inspect.agents.state import dump
from sage_inspect.schema import Box, Region


@pytest.fixture
def judged(scripted, stores):
    """Judge a region of a picture with a spot on it."""

    def judge(**known):
        picture = np.full((200, 200), 200, np.uint8)
        picture[90:110, 90:110] = 20
        branch = {
            "region": dump(Region(id="R1", box=Box(88, 88, 112, 112), score=0.9)),
            "test": dump(stores.images.put(picture)),
            "aligned": None,
            "facts": [],
            "familiar": True,
            "recognised": True,
            **known,
        }
        return examine(branch, model=scripted(), images=stores.images, facts=stores.facts, policy=Policy())["findings"][
            0
        ]

    return judge


def test_a_recognised_object_gets_a_named_defect(judged):
    found = judged()
    assert found["claim"]["type"] == "short"
    assert found["claim"]["defect"] is True


def test_an_object_it_does_not_recognise_gets_a_defect_without_a_name(judged):
    found = judged(recognised=False)
    assert found["claim"]["defect"] is True and found["p_true"] == 0.97
    assert "type" not in found["claim"]
    assert "short" not in found["claim"]["text"].lower() and "names none" in found["claim"]["text"]


def test_an_image_it_does_not_know_gets_a_difference_only(judged):
    found = judged(familiar=False)
    assert found["claim"]["defect"] is None and found.get("p_true") is None


def test_only_a_model_that_was_not_trained_here_reads_that_a_part_moved(scripted, stores, monkeypatch):
    picture = np.full((200, 200), 200, np.uint8)
    region = Region(
        id="R1",
        box=Box(88, 88, 112, 112),
        score=0.9,
        change="moved",
        moved_from=Box(60, 88, 84, 112),
        offset=(28.0, 0.0),
    )
    asked = []
    monkeypatch.setattr(
        "sage_inspect.agents.nodes.examine.examine_prompt", lambda shown, *_: asked.append(shown.told) or "?"
    )
    branch = {"region": dump(region), "test": dump(stores.images.put(picture)), "aligned": None, "facts": []}
    for small in (False, True):
        monkeypatch.setattr("sage_inspect.agents.nodes.examine.reads_regions_only", lambda _, small=small: small)
        branch |= {"familiar": True, "recognised": True}
        examine(branch, model=scripted(), images=stores.images, facts=stores.facts, policy=Policy())
    assert asked == ["moved by 28 px to the right", "altered"]
