import pytest
from pydantic import ValidationError

from sage_inspect.tools.arguments import CompareImages, Measure, RecallFacts, Zoom


def test_a_single_golden_image_is_a_list_of_one():
    assert CompareImages(image="a", golden="b").golden == ["b"]
    assert CompareImages(image="a", golden=["b", "c"]).golden == ["b", "c"]
    assert Zoom(image="a", box=[1, 2, 3, 4]).golden == []


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (CompareImages, {"image": "a", "golden": []}),
        (CompareImages, {"image": "", "golden": ["b"]}),
        (CompareImages, {"image": "a", "golden": ["b"] * 41}),
        (Zoom, {"image": "a", "box": [1, 2, 3]}),
        (Measure, {"image": "a", "box": [1, 2, 3, 4], "scale": 2}),
        (RecallFacts, {"question": "x", "kinds": ["gossip"]}),
        (RecallFacts, {"question": "x", "k": 0}),
    ],
)
def test_what_cannot_be_meant_is_refused(kind, given):
    with pytest.raises(ValidationError):
        kind(**given)


def test_every_argument_is_described_to_the_model():
    for kind in (CompareImages, Zoom, Measure, RecallFacts):
        for name, entry in kind.model_json_schema()["properties"].items():
            assert entry.get("description"), (kind, name)
