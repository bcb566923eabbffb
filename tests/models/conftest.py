"""A tiny random vision-language model for the tests: FastVlm with a ResNet tower and a Llama, saved in a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    FastVlmConfig,
    FastVlmForConditionalGeneration,
    LlamaConfig,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    ResNetConfig,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<image>{% else %}{{ c['text'] }}{% endif %}{% endfor %}{{ '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
WORDS = "True. False. Short: extra copper joins two conductors at the upper left of the board [R1] [F2] Does it show"


def tokenizer() -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        min_frequency=1,
        special_tokens=["<pad>", "<s>", "</s>", "<image>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator([WORDS, "True False Yes No", " True False Yes No"] * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["<image>"],
    )


def build(folder: Path, *, seed: int = 0, template: str | None = TEMPLATE, card: dict | None = None) -> Path:
    """Save a tiny model to `folder`: images of 32 x 32 pixels become 4 tokens."""
    torch.manual_seed(seed)
    words = tokenizer()
    size = {"height": 32, "width": 32}
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size)
    processor = LlavaProcessor(
        images, words, patch_size=16, vision_feature_select_strategy="full", chat_template=template
    )
    vision = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 32], depths=[1, 1, 1], layer_type="basic")
    vision.hidden_size = 32
    text = LlamaConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    config = FastVlmConfig(
        vision_config=vision, text_config=text, image_token_index=words.convert_tokens_to_ids("<image>")
    )
    model = FastVlmForConditionalGeneration(config).eval()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    if card is not None:
        (folder / "sage.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="session")
def build_tiny() -> Callable[..., Path]:
    """`build_tiny(folder, seed=, template=, card=)` saves a tiny model."""
    return build


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that several tests share; not to be written to."""
    return build(tmp_path_factory.mktemp("tiny") / "widget")


@pytest.fixture
def picture() -> Callable[[int], Image.Image]:
    """`picture(n)`: a random RGB image, the same for the same n."""

    def draw(n: int) -> Image.Image:
        return Image.fromarray(np.random.default_rng(n).integers(0, 256, (40, 50, 3), dtype=np.uint8))

    return draw


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Callable[[], PreTrainedTokenizerFast]:
    """`tiny_tokenizer()` trains a byte-level BPE of 400 tokens."""
    return tokenizer
