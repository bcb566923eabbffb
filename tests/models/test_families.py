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

from .tiny_families import gemma3, idefics3, llava, qwen


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
