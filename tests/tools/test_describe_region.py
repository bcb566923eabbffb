import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.tools.compare import compare
from sage_inspect.tools.describe_region import describe_region

CONTACTS = {"pin-hole": 0, "spurious copper": 0, "spur": 1, "mousebite": 1, "short": 2, "open": 2}


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """`[(planted type, description)]` of the regions that lie on defects planted on drawn boards."""
    from sage_inspect.images import ImageStore

    images = ImageStore(tmp_path_factory.mktemp("store"))
    rows = []
    for seed in range(20, 24):
        test, golden, planted = draw_pair(seed, size=400, defects=5)
        comparison = compare(test, golden, images=images)
        for box, kind in planted:
            x, y = box.center
            on = [r for r in comparison.regions if r.box.x1 <= x < r.box.x2 and r.box.y1 <= y < r.box.y2]
            rows += [(kind, describe_region(comparison, r.id, images=images)) for r in on[:1]]
    assert len(rows) >= 12
    return rows


def test_levels_tell_what_was_added_and_what_is_missing(described):
    for kind, told in described:
        shift = told.test.inside - told.golden.inside
        assert shift < -100 if kind in ("short", "spur", "spurious copper") else shift > 100, (kind, told)


def test_the_outline_tells_an_island_from_a_bridge(described):
    right = [told.contacts == CONTACTS[kind] for kind, told in described]
    assert np.mean(right) >= 0.8


def test_the_words_hold_the_numbers(described):
    for _, told in described:
        words = told.told()
        assert words.startswith(f"[{told.region}] {told.place}: {told.change}, difference {told.score:.2f}.")
        assert f"inside {told.test.inside:.0f}" in words and f"({told.golden.inside:.0f})" in words
        assert f"area {told.size.area.value:g} ± " in words
        assert told.size.form in words
        assert "\n" not in words
        if told.hint:
            assert f"suggests: {told.hint} (evidence, no verdict)" in words


def test_any_box_can_be_described_and_equal_images_do_not_differ(images):
    picture = np.full((200, 200), 90, np.uint8)
    picture[80:120, 80:120] = 210
    comparison = compare(picture, picture, images=images)
    told = describe_region(comparison, (70, 70, 130, 130), images=images)
    assert (told.region, told.place, told.change, told.score) == ("", "centre", None, None)
    assert told.test == told.golden
    assert told.size.basis == "box" and told.contacts is None
    assert told.told().startswith("Box [70, 70, 130, 130], centre.")


def test_a_box_as_large_as_the_image(images):
    test, golden, _ = draw_pair(20, size=320, defects=1)
    told = describe_region(compare(test, golden, images=images), (0, 0, 320, 320), images=images)
    assert told.place == "centre"


def test_a_region_that_is_not_there_and_another_object_are_refused(images):
    test, golden, _ = draw_pair(20, size=320, defects=1)
    with pytest.raises(BadInput, match="R44"):
        describe_region(compare(test, golden, images=images), "R44", images=images)
    other = draw_pair(21, size=320, defects=0)[1]
    with pytest.raises(BadInput, match="layout"):
        describe_region(compare(test, other, images=images), (10, 10, 40, 40), images=images)


def test_a_part_that_moved_is_told_with_its_step_and_its_old_place(images):
    golden = np.full((300, 300), 230, np.uint8)
    golden[20:60, 200:240], golden[240:270, 100:260], golden[:, 20:26] = 20, 20, 20
    test = golden.copy()
    golden[80:110, 100:140], test[80:110, 117:157] = 20, 20
    comparison = compare(test, golden, images=images)
    told = describe_region(comparison, "R1", images=images)
    assert (told.change, told.offset, told.moved_from) == ("moved", (17.0, 0.0), (94, 74, 146, 116))
    assert "moved by 17 px to the right, difference" in told.told()
    assert "In the golden image it lies in [94, 74, 146, 116]." in told.told()
