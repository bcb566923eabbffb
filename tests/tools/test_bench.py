import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.schema import Comparison
from sage_inspect.tools import bench as module
from sage_inspect.tools.bench import Bench, told_comparison
from sage_inspect.tools.compare import compare


def plate(seed=0):
    rng = np.random.default_rng(seed)
    return np.clip(np.kron(rng.normal(150, 25, (12, 15)), np.ones((16, 16))), 0, 255).astype(np.uint8)


@pytest.fixture
def pair(images):
    test = plate()
    test[100:120, 60:90] = 10
    return images.put(test).sha256, images.put(plate()).sha256


@pytest.fixture
def bench(images):
    return Bench(images, None, None)


def test_a_comparison_is_made_once_for_the_same_images(bench, pair, monkeypatch):
    made = []
    monkeypatch.setattr(module, "compare", lambda *a, **k: made.append(1) or compare(*a, **k))
    test, golden = pair
    bench.compare_images(test, [golden])
    bench.measure(test[:12], [golden[:12]], "R1", None, None)
    bench.describe_region(test, [golden], "R1", None)
    bench.zoom(test, [golden], None, [60, 100, 90, 120])
    assert len(made) == 1


def test_the_comparison_in_words(bench, pair):
    words, artifact = bench.compare_images(pair[0], [pair[1]])
    comparison = Comparison.model_validate(artifact)
    lines = words.splitlines()
    assert pair[0][:12] in lines[0] and f"difference {comparison.score:.2f}" in lines[0]
    assert len(lines) == 1 + len(comparison.regions) >= 2
    assert lines[1].startswith(f"[R1] centre left, box {list(comparison.regions[0].box)}")


def test_images_of_different_objects_say_nothing_about_defects(images):
    comparison = compare(plate(), np.full((192, 240), 128, np.uint8), images=images)
    assert not comparison.registration.comparable
    assert "says nothing about defects" in " ".join(told_comparison(comparison).split())


def test_zoom_gives_both_crops_by_digest(bench, pair, images):
    _, crops = bench.zoom(pair[0], [pair[1]], "R1", None)
    assert images.array(crops["test"]["sha256"]).shape == images.array(crops["golden"]["sha256"]).shape
    _, alone = bench.zoom(pair[0], [], None, [60, 100, 90, 120])
    assert alone["golden"] is None
    assert (crops["region"], alone["region"], alone["box"]) == ("R1", "", [60, 100, 90, 120])


@pytest.mark.parametrize(("region", "box"), [(None, None), ("R1", [1, 2, 3, 4])])
def test_a_region_or_a_box_but_one_of_them(bench, pair, region, box):
    with pytest.raises(BadInput, match="give one of them"):
        bench.describe_region(pair[0], [pair[1]], region, box)


def test_a_calibrated_set_up_takes_no_other_scale(images, pair):
    bench = Bench(images, None, None, mm_per_pixel=0.1)
    _, found = bench.measure(pair[0], [pair[1]], "R1", None, None)
    assert found["length"]["mm"] == pytest.approx(found["length"]["value"] * 0.1, rel=1e-3)
    assert bench.measure(pair[0], [pair[1]], "R1", None, 0.1)[1] == found
    with pytest.raises(BadInput, match="calibrated to 0.1 mm"):
        bench.measure(pair[0], [pair[1]], "R1", None, 0.5)
