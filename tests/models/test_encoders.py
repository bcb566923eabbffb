"""Vision models as encoders: a grid that covers the image, from the weights of a folder."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
import transformers as tf

from sage_inspect.errors import BadInput
from sage_inspect.models.encoders import load_encoder
from sage_inspect.settings import Settings

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 8}
CPU = Settings(device="cpu")


def towers():
    clip = {**SMALL, "image_size": 64}
    text = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    return {
        "dinov2": lambda: tf.Dinov2Model(tf.Dinov2Config(**{k: v for k, v in SMALL.items() if k != "intermediate_size"},
                                                          image_size=64)),
        "dinov3": lambda: tf.DINOv3ViTModel(tf.DINOv3ViTConfig(**SMALL, image_size=64, num_register_tokens=2)),
        "siglip": lambda: tf.SiglipVisionModel(tf.SiglipVisionConfig(**clip)),
        "clip": lambda: tf.CLIPModel(tf.CLIPConfig(vision_config=clip, text_config={**text, "vocab_size": 50})),
        "convnext": lambda: tf.ConvNextModel(tf.ConvNextConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])),
    }  # fmt: skip


@pytest.fixture(scope="module", params=list(towers()))
def encoder(request, tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp(request.param)
    towers()[request.param]().save_pretrained(folder)
    return load_encoder(str(folder), CPU)


def picture(mark=False):
    image = np.zeros((120, 160, 3), np.uint8)
    cv2.circle(image, (50, 60), 30, (200, 180, 90), -1)
    if mark:
        cv2.rectangle(image, (110, 20), (150, 50), (30, 220, 200), -1)
    return image


def test_a_grid_of_unit_vectors_as_the_image_is_long_and_broad(encoder):
    cells = encoder(picture())
    assert cells.dtype == np.float32 and cells.ndim == 3 and cells.shape[2] == encoder.groups[-1][0].stop
    assert np.allclose(np.linalg.norm(cells, axis=2), 1, atol=1e-3)
    assert min(cells.shape[:2]) >= 7 and "@" in encoder.name


def test_what_differs_lies_where_it_is_drawn(encoder):
    away = np.linalg.norm(encoder(picture(mark=True)) - encoder(picture()), axis=2)
    y, x = np.unravel_index(away.argmax(), away.shape)
    # The grid covers the whole image: prefix tokens must not shift it.
    assert (x + 0.5) / away.shape[1] > 0.55 and (y + 0.5) / away.shape[0] < 0.55


def test_the_same_weights_are_loaded_once(tmp_path):
    towers()["siglip"]().save_pretrained(tmp_path)
    assert load_encoder(str(tmp_path), CPU) is load_encoder(str(tmp_path), CPU)


def test_processor_settings_are_taken(tmp_path):
    torch.manual_seed(0)
    towers()["siglip"]().save_pretrained(tmp_path)
    plain = load_encoder(str(tmp_path), CPU)(picture())
    (tmp_path / "preprocessor_config.json").write_text('{"image_mean": [0, 0, 0], "image_std": [0.2, 0.2, 0.2]}')
    (tmp_path / "config.json").write_text((tmp_path / "config.json").read_text() + "\n")
    assert not np.allclose(load_encoder(str(tmp_path), CPU)(picture()), plain)


def test_what_is_no_encoder_is_told(tmp_path):
    with pytest.raises(BadInput, match="no such folder and no known form"):
        load_encoder("nothing here", CPU)
    with pytest.raises(BadInput, match="not in the local cache"):
        load_encoder("org/not-cached", CPU)
    tf.BertModel(tf.BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=32,
                               vocab_size=40)).save_pretrained(tmp_path)  # fmt: skip
    with pytest.raises(BadInput, match="no grid of features"):
        load_encoder(str(tmp_path), CPU)


def test_nano_s_own_tower_sees_a_difference():
    nano = load_encoder("nano", CPU)
    away = np.linalg.norm(nano(picture(mark=True)) - nano(picture()), axis=2)
    y, x = np.unravel_index(away.argmax(), away.shape)
    assert (x + 0.5) / away.shape[1] > 0.55 and (y + 0.5) / away.shape[0] < 0.55
    assert np.allclose(nano(picture()), nano(picture()))
