"""Leaks: the same pixels in another file, the same picture in another form, and no alarm for like products."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.preferences.leaks import check_leaks, perceptual_hash
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


@pytest.mark.parametrize("how", ["jpeg", "half", "dark", "noise"])
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
    else:
        noise = np.random.default_rng(0).normal(0, 5, image.shape)
        Image.fromarray(np.clip(image + noise, 0, 255).astype(np.uint8)).save(copy)
    [leak] = check_leaks([boards["golden2"], boards["test1"]], [copy])
    assert (leak.kind, leak.train) == ("near", boards["test1"])


def test_a_product_like_another_is_no_leak(boards):
    # golden and test picture show one board: their hashes are near, the defects between them tell them apart
    assert check_leaks([boards["golden1"]], [boards["test1"], boards["golden2"], boards["test2"]]) == []


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
