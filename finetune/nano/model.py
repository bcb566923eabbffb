"""The nano architecture: a stock FastVLM with a ResNet tower and a small Llama, its tokenizer and its processor."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessorPil,
    FastVlmConfig,
    FastVlmForConditionalGeneration,
    LlamaConfig,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    ResNetConfig,
)

from ..world.boards.crops import SIDE

VOCABULARY = 2560
SPECIAL = ("<pad>", "<eos>", "<image>", "<user>", "<assistant>", "<fact>", "</fact>")
WORDS = ("True", "False")
"""Answers begin with one of these, each a single token, so that P(True) is read at one place."""
CITATIONS = (*(f"[F{i}]" for i in range(1, 13)), *(f"[R{i}]" for i in range(1, 33)))
"""Ids of facts and regions, each a single token: to cite is to copy one token."""
STRIDE = 16
IMAGE_TOKENS = (SIDE // STRIDE) ** 2

CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{% if message['role'] == 'assistant' %}<eos>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


def build_config(*, layers: int = 5, hidden: int = 192, sizes: tuple[int, ...] = (64, 128, 192)) -> FastVlmConfig:
    """Nano's configuration; the arguments exist so that tests can build a smaller one.

    Args:
        layers, hidden: of the language model (heads of 64 channels).
        sizes: channels of the three tower stages, at strides 4, 8 and 16.
    """
    vision = ResNetConfig(
        num_channels=3,
        embedding_size=sizes[0] // 2,
        hidden_sizes=list(sizes),
        depths=[1, 2, 2],
        layer_type="basic",
    )
    # FastVlm's projector reads the tower's width from `hidden_size`, which a ResNet configuration has not.
    vision.hidden_size = sizes[-1]
    text = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=hidden * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=max(1, hidden // 64),
        num_key_value_heads=max(1, hidden // 64),
        max_position_embeddings=2048,
        rope_theta=10000.0,
        tie_word_embeddings=True,
        pad_token_id=SPECIAL.index("<pad>"),
        bos_token_id=None,
        eos_token_id=SPECIAL.index("<eos>"),
    )
    return FastVlmConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=SPECIAL.index("<image>"),
        image_seq_length=IMAGE_TOKENS,
        tie_word_embeddings=True,
    )


def prototypes(classes: int, hidden: int) -> torch.Tensor:
    """A fixed vector for each thing that a visual token can show, `float[classes, hidden]`.

    The vision stage moves projected tokens towards them and the reading stage reads them, so that both can be trained
    apart (and at the same time) before they are joined.
    """
    return torch.randn(classes, hidden, generator=torch.Generator().manual_seed(20)) * 0.05


def build_model(config: FastVlmConfig) -> FastVlmForConditionalGeneration:
    """An untrained nano in float32; weights follow from torch's seed."""
    model = FastVlmForConditionalGeneration(config)
    model.generation_config.pad_token_id = SPECIAL.index("<pad>")
    model.generation_config.eos_token_id = SPECIAL.index("<eos>")
    model.generation_config.bos_token_id = None
    model.generation_config.do_sample = False
    model.generation_config.max_new_tokens = 64
    return model


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE of at most `VOCABULARY` tokens: any text can be written, and frequent words are one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(WORDS) - len(CITATIONS),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=3,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in CITATIONS])
    # Not special: they are ordinary words of an answer; added, so that they are single tokens whatever was merged.
    tokenizer.add_tokens([AddedToken(word, single_word=True, normalized=False) for word in WORDS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
        additional_special_tokens=list(SPECIAL[2:]),
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def build_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """The processor: images to 96 x 96 without cropping, values to -1..1, `IMAGE_TOKENS` placeholders an image."""
    images = CLIPImageProcessorPil(
        do_resize=True,
        size={"height": SIDE, "width": SIDE},
        do_center_crop=False,
        crop_size={"height": SIDE, "width": SIDE},
        do_rescale=True,
        do_normalize=True,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
        do_convert_rgb=True,
    )
    return LlavaProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=STRIDE,
        vision_feature_select_strategy="full",
        image_token="<image>",
        chat_template=CHAT_TEMPLATE,
    )
