"""Stage 1: pixels as inference makes them, labels under the tokens, and steps that resume."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sage_inspect.finetune.nano.vision import (
    batches,
    class_count,
    compose,
    cut,
    project,
    to_pixels,
    token_classes,
    train_vision,
    zero_shot,
)
from sage_inspect.models.familiarity import is_single
from sage_inspect.models.pairing import composite


def test_training_pixels_are_what_pairing_makes():
    rng = np.random.default_rng(0)
    test, golden = (rng.integers(0, 256, (3, 8, 8), dtype=np.uint8) for _ in range(2))
    made = compose(torch.from_numpy(test), torch.from_numpy(golden))
    assert (made.permute(0, 2, 3, 1).numpy() == composite(test, golden)).all()


def test_labels_under_tokens():
    mask = torch.zeros(1, 96, 96, dtype=torch.uint8)
    mask[0, 20:30, 90:96] = 1  # row 1 (16..31), column 5 (80..95)
    classes = token_classes(mask, torch.tensor([4]), torch.tensor([7]), 13)[0]
    assert (classes != 7).nonzero().flatten().tolist() == [1 * 6 + 5]
    assert classes[11] == 13 + 4 - 1
    assert (token_classes(mask, torch.tensor([0]), torch.tensor([7]), 13) == 7).all()


def test_cut_keeps_images_and_masks_together():
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.integers(0, 256, (2, 3, 104, 104), dtype=np.uint8))
    images[:, 2] = images[:, 0]
    out = cut(images, rng)
    assert out.shape == (2, 3, 96, 96)
    assert (out[:, 2] == out[:, 0]).all()
    assert (cut(images, None) == images[..., 4:100, 4:100]).all()


def test_windows_are_turned_and_mirrored_every_way():
    rng = np.random.default_rng(2)
    corner = torch.zeros(1, 1, 104, 104, dtype=torch.uint8)
    corner[..., :30, :30] = 1
    corner[..., 30:60, :30] = 2
    # What stands at the corners and half-way along the sides; a shift of 8 px leaves it in its place.
    y, x = [5, 5, -6, -6, 45, 45, 5, -6], [5, -6, 5, -6, 5, -6, 45, 45]
    seen = {cut(corner, rng)[0, 0, y, x].numpy().tobytes() for _ in range(120)}
    assert len(seen) == 8


def test_a_lone_window_is_what_inference_takes_for_one():
    test = torch.randint(0, 256, (2, 96, 96), dtype=torch.uint8)
    assert is_single(to_pixels(zero_shot(test))) == [True, True]
    assert is_single(to_pixels(compose(test, test))) == [False, False]
    assert to_pixels(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1.0, 1.0]


def test_batches_from_windows(pool):
    sound = defects = alone = 0
    names = len(pool.family_names)
    source = batches([pool, pool], (20, 10), np.random.default_rng(3))
    for _ in range(6):
        pixels, labels, classes = next(source)
        assert pixels.shape == (30, 3, 96, 96)
        assert pixels.abs().max() <= 1
        for label, under in zip(labels.tolist(), classes, strict=True):
            inside = set(under.tolist())
            assert len({c for c in inside if c < names}) <= 1, "one ground"
            if label:
                # A shift may leave no more than the rim of a defect; what is there is of its type.
                assert {c for c in inside if c >= names} <= {names + label - 1}
                defects += names + label - 1 in inside
            else:
                assert all(c < names for c in inside)
                sound += 1
        alone += sum(is_single(pixels))
    assert defects > 40
    assert sound > 20
    assert 4 < alone < 40
    assert class_count(pool) == names + len(pool.label_names) - 1


def test_a_reference_on_its_own_shows_nothing(pool):
    # Every window again and again: where test and reference are one picture, the label is none.
    source = batches([pool], (40,), np.random.default_rng(4))
    same = 0
    for _ in range(4):
        pixels, labels, _ = next(source)
        equal = (pixels[:, 0] == pixels[:, 1]).flatten(1).all(1)
        assert (labels[equal] == 0).all()
        same += int(equal.sum())
    assert same > 0


@pytest.fixture
def model(untrained):
    return untrained[0]


def test_projected_tokens_lie_row_by_row(model):
    model.eval()
    pixels = torch.zeros(1, 3, 96, 96)
    plain = project(model, pixels)
    assert plain.shape == (1, 36, 192)
    pixels[..., 84:, 84:] = 1
    moved = (project(model, pixels) - plain).norm(dim=2)[0]
    assert moved.argmax() == 35, "the last token is the lower right"


def test_steps_change_the_eye_only_and_a_finished_stage_is_loaded(model, untrained, pool, tmp_path):
    before = {k: v.clone() for k, v in model.state_dict().items()}
    losses = train_vision(model, [pool], tmp_path / "v.pt", seconds=0.01, batch=(4,))
    assert losses
    changed = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert any("vision_tower" in k for k in changed)
    assert any("multi_modal_projector" in k for k in changed)
    assert not [k for k in changed if "language_model" in k or "lm_head" in k]
    after = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(before)
    assert train_vision(model, [pool], tmp_path / "v.pt", seconds=0.01, batch=(4,)) == losses
    assert all(torch.equal(v, after[k]) for k, v in model.state_dict().items())
    more = train_vision(
        model, [pool], tmp_path / "v.pt", seconds=1e-3 + torch.load(tmp_path / "v.pt")["spent"], batch=(4,)
    )
    assert more[: len(losses)] == losses
    assert len(more) > len(losses)
