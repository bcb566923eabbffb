import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore
from sage_inspect.schema import Box
from sage_inspect.settings import Settings
from sage_inspect.tools.compare import compare, compare_arrays
from sage_inspect.tools.geometry import compose, rotation, translation, warp

DATA = Path(os.environ.get("SAGE_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def images(tmp_path):
    return ImageStore(tmp_path / "images")


def board(*plants):
    image = np.full((320, 320), 255, np.uint8)
    cv2.rectangle(image, (20, 50), (300, 69), 0, -1)
    cv2.rectangle(image, (20, 100), (300, 120), 0, -1)
    cv2.rectangle(image, (40, 120), (55, 290), 0, -1)
    cv2.circle(image, (200, 230), 40, 0, -1)
    for plant in plants:
        plant(image)
    return image


PLANTS = {
    "short": (lambda m: cv2.rectangle(m, (150, 62), (156, 108), 0, -1), "added", (150, 70, 157, 100)),
    "spur": (lambda m: cv2.rectangle(m, (240, 60), (247, 80), 0, -1), "added", (240, 70, 248, 81)),
    "spurious copper": (lambda m: cv2.circle(m, (110, 230), 7, 0, -1), "added", (103, 223, 118, 238)),
    "open": (lambda m: cv2.rectangle(m, (200, 98), (209, 122), 255, -1), "missing", (200, 100, 210, 121)),
    "mousebite": (lambda m: cv2.circle(m, (100, 100), 8, 255, -1), "missing", (92, 100, 109, 109)),
    "pin-hole": (lambda m: cv2.circle(m, (200, 230), 6, 255, -1), "missing", (194, 224, 207, 237)),
}


def photo(seed=None, mark=None, gone=False):
    image = np.full((240, 320, 3), (225, 222, 215), np.float32)
    cv2.ellipse(image, (160, 120), (110, 65), 10, 0, 360, (90, 130, 70), -1)
    cv2.circle(image, (110, 110), 20, (60, 40, 40), -1)
    cv2.line(image, (150, 150), (230, 100), (180, 190, 120), 6)
    if not gone:
        cv2.rectangle(image, (235, 95), (300, 150), (90, 130, 70), -1)
    if mark:
        cv2.circle(image, mark, 9, (200, 40, 40), -1)
    image = cv2.GaussianBlur(image, (0, 0), 1.2)
    if seed is not None:
        image = image + np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("make", [board, photo, lambda: np.full((100, 120, 3), 200, np.uint8)])
def test_identical_images_score_zero(images, make):
    found = compare(make(), make(), images=images)
    assert found.score == 0.0 and found.regions == () and found.p_value is None
    assert found.registration.comparable and found.registration.method == "identity"
    assert not images.array(found.heatmap).any()


def test_planted_board_defects_are_boxed_and_named(images):
    test = board(*(plant for plant, _, _ in PLANTS.values()))
    found = compare(test, board(), images=images, pad=0)
    assert {r.hint for r in found.regions} == set(PLANTS) and len(found.regions) == 6
    for region in found.regions:
        _, change, box = PLANTS[region.hint]
        assert region.change == change and region.box.iou(Box(*box)) > 0.6 and region.score > 0.6
    assert [r.id for r in found.regions] == [f"R{i}" for i in range(1, 7)]
    scores = [r.score for r in found.regions]
    assert scores == sorted(scores, reverse=True) and found.score > 0.9
    padded = compare(test, board(), images=images, pad=5).regions[0].box
    assert padded == tuple(np.add(found.regions[0].box, (-5, -5, 5, 5)))


def test_swapped_images_swap_added_and_missing(images):
    test = board(*(plant for plant, _, _ in PLANTS.values()))
    one, other = compare(test, board(), images=images), compare(board(), test, images=images)
    assert sum(r.change == "added" for r in one.regions) == 3
    assert sorted(r.change for r in other.regions) == ["added"] * 3 + ["missing"] * 3
    short = next(r for r in one.regions if r.hint == "short")
    back = max(other.regions, key=lambda r: r.box.iou(short.box))
    assert back.change == "missing" and back.hint == "open"


def test_light_copper_turns_the_changes_round(images):
    test = 255 - board(PLANTS["spur"][0])
    found = compare(test, 255 - board(), images=images, foreground="light")
    assert [(r.change, r.hint) for r in found.regions] == [("added", "spur")]


def nuisances(image):
    size, rng = image.shape[1::-1], np.random.default_rng(5)
    ramp = np.linspace(0.85, 1.05, size[0])[None, :].reshape((1, size[0]) + (1,) * (image.ndim - 2))
    yield "shift", warp(image, translation(5, -3), size)
    yield "turn", warp(image, rotation(1, *size), size)
    yield "noise", np.clip(image + rng.normal(0, 8, image.shape), 0, 255)
    yield "blur", cv2.GaussianBlur(image, (0, 0), 1.3)
    yield "dim", image * 0.8
    yield "ramp", np.clip(image * ramp, 0, 255)
    yield "jpeg", cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_UNCHANGED)
    yield "both", np.clip(warp(image, compose(translation(3, 4), rotation(1, *size)), size) * 0.9, 0, 255)


@pytest.mark.parametrize("make", [board, lambda: photo(0)])
def test_nuisances_stay_low_without_regions(make):
    for name, test in nuisances(make()):
        outcome = compare_arrays(test.astype(np.uint8), [make()])
        assert outcome.score < 0.3 and outcome.regions == () and outcome.alignment.comparable, name


def test_photograph_defects_score_high_where_they_are(images):
    marked = compare(photo(1, mark=(170, 165)), photo(0), images=images, pad=0)
    assert marked.score > 0.6 and marked.regions[0].score > 0.6
    assert marked.regions[0].box.iou(Box(160, 155, 180, 175)) > 0.3
    lacking = compare(photo(1, gone=True), photo(0), images=images)
    assert lacking.score > 0.6 and lacking.regions[0].change == "missing"
    assert lacking.regions[0].box.iou(Box(262, 90, 301, 151)) > 0.3


def test_another_object_is_not_comparable_and_has_no_regions(images):
    other = np.full((240, 320, 3), (30, 30, 60), np.uint8)
    for x in range(10, 310, 30):
        cv2.line(other, (x, 5), (320 - x, 235), (240, 200, 40), 5)
    found = compare(other, photo(), images=images)
    assert not found.registration.comparable and found.registration.note and found.regions == ()
    assert found.registration.method == "none" and found.score > 0.6
    layout = np.full((320, 320), 255, np.uint8)
    for x in range(20, 300, 45):
        cv2.rectangle(layout, (x, 30 + x // 4), (x + 14, 290), 0, -1)
    found = compare(layout, board(), images=images)
    assert not found.registration.comparable and "layout" in found.registration.note and found.regions == ()


def test_different_sizes(images):
    small = cv2.resize(photo(0), (256, 192), interpolation=cv2.INTER_AREA)
    found = compare(photo(1), small, images=images)
    assert found.score < 0.3 and "scaled" in found.registration.note
    assert found.registration.scale == pytest.approx(1.25, abs=0.02)
    assert (found.aligned.width, found.aligned.height) == (320, 240)
    cropped = compare(photo(1), photo(0)[:180], images=images)
    assert cropped.registration.note and (cropped.heatmap.width, cropped.heatmap.height) == (320, 240)
    turned = compare(np.ascontiguousarray(np.rot90(photo(1))), photo(0), images=images)
    assert turned.score < 0.3 and turned.registration.comparable


def test_small_and_odd_sizes(images):
    for size in ((96, 96), (33, 57), (8, 8)):
        tiny = cv2.resize(photo(mark=(170, 165)), size, interpolation=cv2.INTER_AREA)
        plain = cv2.resize(photo(), size, interpolation=cv2.INTER_AREA)
        assert 0 <= compare(tiny, plain, images=images).score <= 1


def test_a_small_mark_that_is_missing_is_seen_as_well_as_one_that_is_new(images):
    """Within reach of a missing mark the golden image has plain ground too: only the way back misses the mark."""
    gone = compare(photo(1), photo(0, mark=(170, 165)), images=images)
    assert gone.score > 0.5 and overlaps(gone.regions[0].box, (170, 165))


def overlaps(box, place):
    return box.x1 - 4 <= place[0] <= box.x2 + 4 and box.y1 - 4 <= place[1] <= box.y2 + 4


def test_grey_against_colour(images):
    grey = cv2.cvtColor(photo(1), cv2.COLOR_RGB2GRAY)
    assert compare(grey, photo(0), images=images).score < 0.3
    assert compare(photo(0), grey, images=images).score < 0.3
    marked = cv2.cvtColor(photo(1, mark=(170, 165)), cv2.COLOR_RGB2GRAY)
    found = compare(marked, photo(0), images=images)
    assert found.score > 0.3 and found.regions[0].score > 0.6


def test_several_references_best_first_and_conformal_p(images):
    goldens = [photo(s) for s in range(4)] + [photo(9, mark=(170, 165))]
    calm = compare(photo(20), goldens, images=images)
    assert calm.score < 0.3 and len(calm.references) == 5 and calm.p_value > 0.2
    known = compare(photo(21, mark=(170, 165)), goldens, images=images)
    assert known.score < 0.3 and known.references[0] == images.put(goldens[4])
    new = compare(photo(22, mark=(120, 150), gone=True), goldens, images=images)
    assert new.p_value == pytest.approx(1 / 6) and new.score > 0.6
    boards = compare(board(PLANTS["short"][0]), [board(), board(), board()], images=images)
    assert boards.p_value == pytest.approx(1 / 4)
    assert compare(board(), [board(), board(), board(PLANTS["open"][0])], images=images).p_value == 1


def test_first_reference_may_be_of_another_object(images):
    other = np.zeros((240, 320, 3), np.uint8)
    cv2.putText(other, "no part", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 2, (250, 250, 0), 8)
    found = compare(photo(1), [other, photo(0)], images=images)
    assert found.registration.comparable and found.references[0] == images.put(photo(0))
    assert found.score < 0.3


def test_what_is_stored(images, tmp_path):
    path = tmp_path / "golden.png"
    Image.fromarray(photo(0)).save(path)
    found = compare(Image.fromarray(photo(1)), str(path), images=images)
    heat, aligned = images.array(found.heatmap), images.array(found.aligned)
    assert heat.shape == (240, 320) and heat.dtype == np.uint8 and aligned.shape == (240, 320, 3)
    assert found.references[0].name == "golden.png"
    again = compare(found.test, found.references, images=images)
    assert again == found
    assert type(found).model_validate_json(found.model_dump_json()) == found


def test_default_store_is_that_of_the_settings(tmp_path):
    found = compare(photo(1), photo(0), settings=Settings(home=tmp_path))
    assert (tmp_path / "images" / found.heatmap.sha256[:2] / found.heatmap.sha256).exists()


def test_bad_input(images):
    with pytest.raises(BadInput, match="golden"):
        compare(photo(), [], images=images)
    with pytest.raises(BadInput):
        compare(photo(), "nowhere.png", images=images)
    with pytest.raises(BadInput):
        compare(photo(), photo(), images=images, pad=-1)
    with pytest.raises(BadInput, match="NoneType is neither an image nor a list"):
        compare(photo(), None, images=images)


@pytest.mark.skipif(not (DATA / "deeppcb").is_dir(), reason="shared data (deeppcb) is not here: set SAGE_DATA")
def test_real_boards(images):
    items = [i for i in json.loads((DATA / "deeppcb" / "manifest.json").read_text())["items"] if i["reference"]]
    hits = found = truth = 0
    for item in items[::42]:
        comparison = compare(
            DATA / "deeppcb" / item["image"], DATA / "deeppcb" / item["reference"], images=images, pad=10
        )
        boxes = [Box(*b[:4]) for b in item["boxes"]]
        found, truth = found + len(comparison.regions), truth + len(boxes)
        hits += sum(any(r.box.iou(b) > 0.33 for r in comparison.regions) for b in boxes)
    assert hits >= 0.9 * truth and found <= 1.15 * truth


def shaded_part(mark: bool, seed: int) -> np.ndarray:
    """A shaded, coloured body with noise of its own, and a dark blot on it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:224, 0:224].astype(np.float32)
    body = 90 + 110 * np.exp(-((x - 110) ** 2 + (y - 112) ** 2) / 9000)
    image = np.stack([body, body * 0.8, body * 0.5], axis=-1)
    if mark:
        cv2.circle(image, (150, 80), 9, (20, 20, 30), -1)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("encoder", ["efficientnet", "classical", "nano"])
def test_every_encoder_finds_the_blot(encoder, images):
    found = compare(shaded_part(True, 1), shaded_part(False, 2), encoder=encoder, images=images)
    sound = compare(shaded_part(False, 3), shaded_part(False, 2), encoder=encoder, images=images)
    assert found.score > sound.score
    x, y = found.regions[0].box.center
    assert abs(x - 150) < 20 and abs(y - 80) < 20


def test_the_settings_name_the_encoder(images):
    with pytest.raises(BadInput, match="no such folder and no known form"):
        compare(shaded_part(True, 1), shaded_part(False, 2), images=images, settings=Settings(encoder="no such thing"))


def test_unaligned_golden_images_are_remembered_without_position(images):
    """Textures from eight golden images on: an encoder of another's weights searches a memory of their vectors."""
    rng = np.random.default_rng(0)

    def cloth(spot: bool) -> np.ndarray:
        noise = cv2.GaussianBlur(rng.normal(0, 60, (160, 160)).astype(np.float32), (0, 0), 2) * 6 + 128
        if spot:
            cv2.rectangle(noise, (60, 60), (100, 100), 10, -1)
        return np.clip(noise, 0, 255).astype(np.uint8)

    goldens = [cloth(False) for _ in range(8)]
    bad, good = (compare(cloth(s), goldens, encoder="nano", images=images) for s in (True, False))
    assert bad.score > good.score
    assert "as a texture, without position" in bad.registration.note
    heat = images.array(bad.heatmap).astype(float)
    assert heat[60:100, 60:100].mean() > 2 * np.delete(heat, np.s_[50:110], axis=0).mean()
