"""The engine with other architectures, tiny and random: batches equal single answers whatever the processor's habits."""

import pytest
import torch
import transformers as tf
from langchain_core.messages import AIMessage

from sage_inspect.errors import BadInput
from sage_inspect.models import engine as engine_module
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.probability import p_true
from sage_inspect.models.request import Request, Turn

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE{% else %}{{ c['text'] }}{% endif %}{% endfor %} {% endfor %}assistant:"
)
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "initializer_range": 0.3,
    "head_dim": 8,
}


def text_config(words):
    ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    return {**TEXT, "vocab_size": len(words), **ids}


def add(words, *tokens):
    words.add_special_tokens({"additional_special_tokens": ["<image>", *tokens]})
    return [words.convert_tokens_to_ids(t) for t in tokens]


def llava(words):
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    template = TEMPLATE.replace("IMAGE", "<image>")
    processor = tf.LlavaProcessor(images, words, 16, "default", chat_template=template, num_additional_image_tokens=1)
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = tf.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **vision, "image_size": 32, "patch_size": 16},
        text_config={"model_type": "llama", **text_config(words)},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    return tf.LlavaForConditionalGeneration(config), processor


def idefics3(words):
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    add(words, "<fake_token_around_image>", "<end_of_utterance>", "<global-img>")
    images = Idefics3ImageProcessorPil(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    processor = tf.Idefics3Processor(images, words, image_seq_len=4, chat_template=TEMPLATE.replace("IMAGE", "<image>"))
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = tf.Idefics3Config(
        vision_config={**vision, "image_size": 32, "patch_size": 8},
        text_config={"model_type": "llama", **text_config(words)},
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    return tf.Idefics3ForConditionalGeneration(config), processor


def gemma3(words):
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    names = {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"}
    ends = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    words = tf.PreTrainedTokenizerFast(tokenizer_object=words._tokenizer, **ends, extra_special_tokens=names)
    boi, eoi, soft = words.convert_tokens_to_ids(list(names.values()))
    images = Gemma3ImageProcessorPil(size={"height": 32, "width": 32}, image_seq_length=4)
    template = TEMPLATE.replace("IMAGE", "<start_of_image>")
    processor = tf.Gemma3Processor(images, words, chat_template=template, image_seq_length=4)
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = tf.Gemma3Config(
        vision_config={"model_type": "siglip_vision_model", **vision, "image_size": 32, "patch_size": 8},
        text_config={**text_config(words), "sliding_window": 64},
        mm_tokens_per_image=4,
        boi_token_index=boi,
        eoi_token_index=eoi,
        image_token_index=soft,
    )
    return tf.Gemma3ForConditionalGeneration(config), processor


def qwen(words):
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    start, end, pad, video = add(words, "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    images = Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=56 * 84)
    template = TEMPLATE.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    # Without torchvision transformers has no video processors: the class is built without one.
    unchecked = type("Unchecked", (tf.Qwen2_5_VLProcessor,), {"check_argument_for_proper_class": lambda *_: None})
    processor = unchecked(images, words, None, chat_template=template)
    config = tf.Qwen2_5_VLConfig(
        text_config={
            **text_config(words),
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "out_hidden_size": 32,
            "fullatt_block_indexes": [1],
        },
        image_token_id=pad, video_token_id=video, vision_start_token_id=start, vision_end_token_id=end,
    )  # fmt: skip
    return tf.Qwen2_5_VLForConditionalGeneration(config), processor


@pytest.mark.parametrize("family", [llava, idefics3, gemma3, qwen])
def test_batch_equals_single(family, tmp_path, tiny_tokenizer, picture, monkeypatch):
    torch.manual_seed(0)
    model, processor = family(tiny_tokenizer())
    model.save_pretrained(tmp_path)
    if family is qwen:
        processor.tokenizer.padding_side = "left"
        monkeypatch.setattr(engine_module, "load_parts", lambda *_: (model.eval(), processor, None))
    else:
        processor.save_pretrained(tmp_path)
    engine = LocalEngine(tmp_path, device="cpu")

    def ask(k):
        images = tuple(picture(k + i).resize((60 + 20 * (k % 2), 60)) for i in range(2))
        return Request((Turn("user", images, "Does it show " + "a short " * k),), max_new_tokens=8)

    futures = [engine.submit(ask(k)) for k in range(5)]
    batch = [f.result(120) for f in futures]
    single = [engine.generate(ask(k)) for k in range(5)]
    assert [r.text for r in batch] == [r.text for r in single]
    assert engine.batches < 5 + 5
    for a, b in zip(batch, single, strict=True):
        a, b = (p_true(AIMessage("", response_metadata={"logprobs": r.logprobs})) for r in (a, b))
        assert a == b or a == pytest.approx(b, abs=1e-4)
    hostile = Request((Turn("user", (picture(0),), " ".join(engine.prompter._strings)),), max_new_tokens=2)
    assert engine.generate(hostile).output_tokens
    engine.close()


@pytest.mark.skipif(tf.utils.is_torchvision_available(), reason="torchvision is here")
def test_a_model_that_needs_torchvision_says_so(tmp_path, tiny_tokenizer):
    model, processor = qwen(tiny_tokenizer())
    model.save_pretrained(tmp_path)
    processor.tokenizer.save_pretrained(tmp_path)
    processor.image_processor.save_pretrained(tmp_path)
    (tmp_path / "processor_config.json").write_text('{"processor_class": "Qwen2_5_VLProcessor"}')
    (tmp_path / "chat_template.jinja").write_text(processor.chat_template)
    with pytest.raises(BadInput, match="pip install torchvision"):
        LocalEngine(tmp_path, device="cpu")
