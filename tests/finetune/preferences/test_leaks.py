"""Leaks: the same pixels in another file, the same picture in another form, and no alarm for like products."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.preferences.leaks import (
    RESIDUAL,
    check_leaks,
    images_of,
    perceptual_hash,
    residual,
    residual_laid_over,
    small,
)
from sage_inspect.finetune.world.boards.pair import draw_pair


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """Two golden boards and their test pictures: `{name: path}`."""
    folder = tmp_path_factory.mktemp("boards")
    paths = {}
    for seed in (1, 2):
        test, golden, _ = draw_pair(seed, size=320, defects=3, style="grey")
        for name, image in ((f"test{seed}", test), (f"golden{seed}", golden)):
            paths[name] = folder / f"{name}.png"
            image.save(paths[name])
    return paths


def test_the_same_pixels_in_another_file(boards, tmp_path):
    copy = tmp_path / "renamed.bmp"
    Image.open(boards["test1"]).convert("RGB").save(copy)
    [leak] = check_leaks([boards["golden1"], boards["test1"]], [copy, boards["test2"]])
    assert (leak.kind, leak.train, leak.evaluation) == ("pixels", boards["test1"], copy)
    assert "the same pixels" in str(leak)


@pytest.mark.parametrize("how", ["jpeg", "half", "dark", "noise", "crop"])
def test_the_same_picture_in_another_form(boards, tmp_path, how):
    image = np.asarray(Image.open(boards["test1"]).convert("RGB"))
    copy = tmp_path / "copy.png"
    if how == "jpeg":
        copy = tmp_path / "copy.jpg"
        Image.fromarray(image).save(copy, quality=40)
    elif how == "half":
        Image.fromarray(cv2.resize(image, (160, 160), interpolation=cv2.INTER_AREA)).save(copy)
    elif how == "dark":
        Image.fromarray((image * 0.8).astype(np.uint8)).save(copy)
    elif how == "crop":
        Image.fromarray(image[5:-3, 2:-6]).save(copy)
    else:
        noise = np.random.default_rng(0).normal(0, 5, image.shape)
        Image.fromarray(np.clip(image + noise, 0, 255).astype(np.uint8)).save(copy)
    [leak] = check_leaks([boards["golden2"], boards["test1"]], [copy])
    assert (leak.kind, leak.train) == ("near", boards["test1"])


def test_a_product_like_another_is_no_leak(boards):
    # golden and test picture show one board: their hashes are near, the defects between them tell them apart
    assert check_leaks([boards["golden1"]], [boards["test1"], boards["golden2"], boards["test2"]]) == []


def test_a_picture_laid_over_its_crop_leaves_nothing_and_over_another_much(boards):
    image = Image.open(boards["test1"])
    crop = image.crop((5, 4, image.width - 3, image.height - 6))
    assert residual(small(image), small(crop)) > 1
    assert residual_laid_over(small(image), small(crop)) < RESIDUAL
    assert residual_laid_over(small(image), small(Image.open(boards["golden1"]))) > RESIDUAL
    assert residual_laid_over(small(image), small(Image.open(boards["test2"]))) > RESIDUAL


def test_hash_ignores_brightness_and_tells_boards_apart(boards):
    image = Image.open(boards["test1"]).convert("L")
    dark = image.point(lambda v: int(v * 0.7))
    assert (perceptual_hash(image) ^ perceptual_hash(dark)).bit_count() <= 4
    assert (perceptual_hash(image) ^ perceptual_hash(Image.open(boards["test2"]))).bit_count() > 12


def test_each_file_is_read_once_and_bad_ones_are_named(boards, tmp_path):
    read = []
    both = [boards["test1"], boards["test1"]]
    leaks = check_leaks(both, both, progress=read.append)
    assert read == [1]
    assert len(leaks) == 1
    assert check_leaks([], both) == []
    (tmp_path / "bad.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match=r"bad\.png"):
        check_leaks([tmp_path / "bad.png"], both)


def _draw(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (16, 16)).save(path)


def test_images_of_a_labelled_set_are_all_but_its_masks(tmp_path):
    part = tmp_path / "part"
    images = [part / "train/good/0.png", part / "test/good/1.png", part / "test/crack/2.png", part / "extra/3.png"]
    _draw(*images, part / "ground_truth/crack/2_mask.png", part / "extra/.hidden.png")
    assert set(images_of(part)) == set(images)


def test_a_folder_that_is_called_masks_is_a_folder_like_others_where_there_are_no_labels(tmp_path):
    _draw(tmp_path / "masks/respirator.png", tmp_path / "a.png")
    assert images_of(tmp_path) == [tmp_path / "a.png", tmp_path / "masks/respirator.png"]


def test_images_of_records_and_of_a_folder_of_them(tmp_path):
    _draw(tmp_path / "data/0.png", tmp_path / "data/1.png", tmp_path / "built/images/copy.png")
    lines = [{"id": "0", "images": ["../data/0.png"], "prompt": "x", "answer": "y"}]
    lines += [{"id": "1", "images": ["../data/0.png", "../data/../data/1.png"], "prompt": "x", "answer": "y"}]
    records = tmp_path / "built/examples.jsonl"
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    named = {tmp_path / "data/0.png", tmp_path / "data/1.png"}
    assert {p.resolve() for p in images_of(records)} == named
    assert {p.resolve() for p in images_of(tmp_path / "built")} == {*named, tmp_path / "built/images/copy.png"}
    (tmp_path / "data/1.png").unlink()
    with pytest.raises(BadInput, match=r"examples\.jsonl:2: image .*1\.png is not there"):
        images_of(tmp_path / "built")


def test_a_link_to_a_folder_is_followed_once(tmp_path):
    _draw(tmp_path / "elsewhere/0.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "set")
    assert images_of(tmp_path / "set") == [tmp_path / "set/link/0.png"]
