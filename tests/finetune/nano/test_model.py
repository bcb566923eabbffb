"""The architecture, its tokenizer and its processor: small, stock, and with the tokens that answers hang on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from sage_inspect.finetune.nano.model import (
    CITATIONS,
    IMAGE_TOKENS,
    SPECIAL,
    VOCABULARY,
    WORDS,
    build_config,
    build_model,
    build_processor,
    prototypes,
    train_tokenizer,
)
from sage_inspect.finetune.world.families import family_names, label_names

from .tiny_nano import CONFIG


@pytest.fixture(scope="module")
def tokenizer(encoder):
    return encoder.tokenizer


def test_the_shipped_model_fits_in_15_mib():
    config = build_config()
    model = build_model(config)
    stored = {v.data_ptr(): v for v in model.state_dict().values()}
    # In bf16; tokenizer, familiarity and fusion take less than 3 MiB beside it.
    assert sum(2 * v.numel() for v in stored.values()) < 12 * 2**20
    assert config.text_config.hidden_size // config.text_config.num_attention_heads == 64
    assert model.lm_head.weight is model.get_input_embeddings().weight


def test_weights_follow_from_the_seed():
    made = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        made.append(build_model(build_config(**CONFIG)).lm_head.weight)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


def test_a_window_becomes_as_many_tokens_as_the_prompt_holds_places():
    model = build_model(build_config(**CONFIG)).eval()
    features = model.model.vision_tower(torch.zeros(1, 3, 96, 96)).last_hidden_state
    assert features.shape[2] * features.shape[3] == IMAGE_TOKENS == model.config.image_seq_length


def test_prototypes_are_fixed_and_far_apart():
    count = len(family_names()) + len(label_names()) - 1
    torch.manual_seed(5)
    first = prototypes(count, 192)
    torch.manual_seed(6)
    assert torch.equal(first, prototypes(count, 192))
    unit = first / first.norm(dim=1, keepdim=True)
    assert (unit @ unit.T - torch.eye(count)).max() < 0.5


def test_special_tokens_stand_where_the_configuration_says(tokenizer):
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == list(range(len(SPECIAL)))
    config = build_config()
    assert (config.text_config.pad_token_id, config.text_config.eos_token_id) == (
        tokenizer.pad_token_id,
        tokenizer.eos_token_id,
    )
    assert config.image_token_id == tokenizer.convert_tokens_to_ids("<image>")
    assert tokenizer.padding_side == "left"


def test_every_id_has_an_embedding():
    # Far more words than the vocabulary holds.
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghijklmnop"), 6)) for _ in range(3000)]
    full = train_tokenizer([" ".join(words)] * 3)
    assert VOCABULARY - 2 <= len(full) <= VOCABULARY


@pytest.mark.parametrize("word", [*WORDS, CITATIONS[0], CITATIONS[-1], "[F12]", "[R9]"])
def test_answers_hang_on_single_tokens(tokenizer, word):
    (one,) = tokenizer.encode(word, add_special_tokens=False)
    assert tokenizer.encode(f"{word}. Short: x", add_special_tokens=False)[0] == one
    assert tokenizer.encode(f"Does {word} show", add_special_tokens=False).count(one) == 1


def test_any_text_is_written_and_read_back(tokenizer):
    for text in ("Zürich: 3.5 µm – ok?", "Truest or Falsehood", "[F13] [R33] [F1]", "naïve\nlines  and   gaps", "漢字"):
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert tokenizer.decode(ids) == text
    assert tokenizer.convert_tokens_to_ids("True") not in tokenizer.encode("Truest", add_special_tokens=False)


def test_the_processor_keeps_the_whole_window(tokenizer):
    processor = build_processor(tokenizer)
    wide = np.full((60, 180, 3), 255, np.uint8)
    wide[:, :20] = 0
    pixels = processor.image_processor([Image.fromarray(wide)], return_tensors="pt")["pixel_values"]
    assert pixels.shape == (1, 3, 96, 96)
    assert (pixels.min().item(), pixels.max().item()) == (-1.0, 1.0)
    assert (pixels[0, 0, :, :8] < -0.9).all(), "nothing is cropped"


def test_the_template_ends_answers_and_asks_for_the_next(tokenizer):
    processor = build_processor(tokenizer)
    talk = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "One?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "True."}]},
        {"role": "user", "content": "Two?"},
    ]
    text = processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False)
    assert text == "<user><image>One?<assistant>True.<eos><user>Two?<assistant>"
