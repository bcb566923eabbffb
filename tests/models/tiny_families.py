"""Tiny random models of the architectures that the project supports: `family(tokenizer)` gives model and processor."""

import transformers as tf

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE{% else %}{{ c['text'] }}{% endif %}{% endfor %} {% endfor %}assistant:"
)
WITH_IMAGE = TEMPLATE.replace("IMAGE", "<image>")
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
VISION = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}


def text_config(words):
    ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    return {**TEXT, "vocab_size": len(words), **ids}


def llama(words):
    return {"model_type": "llama", **text_config(words)}


def add(words, *tokens):
    words.add_special_tokens({"additional_special_tokens": ["<image>", *tokens]})
    return [words.convert_tokens_to_ids(t) for t in tokens]


def named(words, names):
    """The same tokenizer with special tokens that processors ask for by attribute."""
    ends = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    return tf.PreTrainedTokenizerFast(tokenizer_object=words._tokenizer, **ends, extra_special_tokens=names)


def without_video(kind):
    """Without torchvision transformers has no video processors: the class is built without one."""
    return type("Unchecked", (kind,), {"check_argument_for_proper_class": lambda *_: None})


def llava(words):
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = tf.LlavaProcessor(images, words, 16, "default", chat_template=WITH_IMAGE, num_additional_image_tokens=1)
    config = tf.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **VISION, "image_size": 32, "patch_size": 16},
        text_config=llama(words),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    return tf.LlavaForConditionalGeneration(config), processor


def idefics3(words):
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    add(words, "<fake_token_around_image>", "<end_of_utterance>", "<global-img>")
    images = Idefics3ImageProcessorPil(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    processor = tf.Idefics3Processor(images, words, image_seq_len=4, chat_template=WITH_IMAGE)
    config = tf.Idefics3Config(
        vision_config={**VISION, "image_size": 32, "patch_size": 8},
        text_config=llama(words),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    return tf.Idefics3ForConditionalGeneration(config), processor


def gemma3(words):
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    names = {"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>"}
    words = named(words, names)
    boi, eoi, soft = words.convert_tokens_to_ids(list(names.values()))
    images = Gemma3ImageProcessorPil(size={"height": 32, "width": 32}, image_seq_length=4)
    template = TEMPLATE.replace("IMAGE", "<start_of_image>")
    processor = tf.Gemma3Processor(images, words, chat_template=template, image_seq_length=4)
    config = tf.Gemma3Config(
        vision_config={"model_type": "siglip_vision_model", **VISION, "image_size": 32, "patch_size": 8},
        text_config={**text_config(words), "sliding_window": 64},
        mm_tokens_per_image=4,
        boi_token_index=boi,
        eoi_token_index=eoi,
        image_token_index=soft,
    )
    model = tf.Gemma3ForConditionalGeneration(config)
    # It starts at zero: every image would look alike.
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(std=0.3)
    return model, processor


def qwen(words):
    config = qwen_config(tf.Qwen2_5_VLConfig, words, [1, 1, 2], fullatt_block_indexes=[1])
    processor = qwen_processor(tf.Qwen2_5_VLProcessor, words, min_pixels=56 * 56, max_pixels=56 * 84)
    return tf.Qwen2_5_VLForConditionalGeneration(config), processor


def qwen3(words):
    config = qwen_config(
        tf.Qwen3VLConfig, words, [2, 1, 1], deepstack_visual_indexes=[0, 1], num_position_embeddings=16
    )
    processor = qwen_processor(tf.Qwen3VLProcessor, words, patch_size=16, min_pixels=64 * 64, max_pixels=64 * 128)
    return tf.Qwen3VLForConditionalGeneration(config), processor


def qwen_config(kind, words, sections, **vision):
    start, end, pad, video = add(words, "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    rope = {"rope_type": "default", "mrope_section": sections, "rope_theta": 10000.0}
    sizes = {"depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "out_hidden_size": 32}
    return kind(
        text_config={**text_config(words), "rope_parameters": rope}, vision_config={**sizes, **vision},
        image_token_id=pad, video_token_id=video, vision_start_token_id=start, vision_end_token_id=end,
    )  # fmt: skip


def qwen_processor(kind, words, **sizes):
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    template = TEMPLATE.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    return without_video(kind)(Qwen2VLImageProcessorPil(**sizes), words, None, chat_template=template)


def fast_vlm(words):
    """Nano's own architecture."""
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = tf.LlavaProcessor(
        images, words, patch_size=16, vision_feature_select_strategy="full", chat_template=WITH_IMAGE
    )
    vision = tf.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 32], depths=[1, 1, 1], layer_type="basic")
    vision.hidden_size = 32
    config = tf.FastVlmConfig(
        vision_config=vision,
        text_config=tf.LlamaConfig(**text_config(words)),
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    return tf.FastVlmForConditionalGeneration(config), processor


def llava_onevision(words):
    from transformers.models.llava_onevision.image_processing_pil_llava_onevision import LlavaOnevisionImageProcessorPil

    add(words, "<video>")
    grid = [[32, 32], [32, 64], [64, 32], [64, 64]]
    images = LlavaOnevisionImageProcessorPil(size={"height": 32, "width": 32}, image_grid_pinpoints=grid)
    processor = without_video(tf.LlavaOnevisionProcessor)(images, words, None, 4, "full", WITH_IMAGE)
    config = tf.LlavaOnevisionConfig(
        vision_config={"model_type": "siglip_vision_model", **VISION, "image_size": 32, "patch_size": 16},
        text_config=llama(words),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=grid,
    )
    return tf.LlavaOnevisionForConditionalGeneration(config), processor


def internvl(words):
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

    names = {
        "start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }  # fmt: skip
    words = named(words, names)
    images = GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, crop_to_patches=True, max_patches=4)
    processor = without_video(tf.InternVLProcessor)(images, words, None, 4, TEMPLATE.replace("IMAGE", "<IMG_CONTEXT>"))
    config = tf.InternVLConfig(
        vision_config={**VISION, "image_size": (32, 32), "patch_size": (8, 8)},
        text_config=llama(words),
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    return tf.InternVLForConditionalGeneration(config), processor


def smolvlm(words):
    from transformers.models.smolvlm import processing_smolvlm
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    # It spells the number of a video's frames; no video is ever read here.
    processing_smolvlm.num2words = processing_smolvlm.num2words or str
    add(words, "<fake_token_around_image>", "<end_of_utterance>", "<global-img>")
    images = SmolVLMImageProcessorPil(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    kind = type("Unchecked", (without_video(tf.SmolVLMProcessor),), {"apply_chat_template": plain_template})
    processor = kind(images, words, None, image_seq_len=4, chat_template=WITH_IMAGE)
    config = tf.SmolVLMConfig(
        vision_config={**VISION, "image_size": 32, "patch_size": 8},
        text_config=llama(words),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    return tf.SmolVLMForConditionalGeneration(config), processor


def plain_template(processor, conversation, **kwargs):
    """What every other processor does: SmolVLM's own asks its video processor first."""
    return tf.ProcessorMixin.apply_chat_template(processor, conversation, **kwargs)


FAMILIES = (fast_vlm, llava, llava_onevision, internvl, qwen, qwen3, idefics3, smolvlm, gemma3)
