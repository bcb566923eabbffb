import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from sage_inspect.errors import BadInput
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.folder import adapter_base, find_folder, identity, read_card
from sage_inspect.models.fusion_attach import NAME, attach, live_fusion
from sage_inspect.models.fusion_files import save_model
from sage_inspect.models.loading import load_model, model_name
from sage_inspect.models.request import Request, Turn
from sage_inspect.settings import Settings

from .tiny_families import gemma3

peft = pytest.importorskip("peft")
ASKED = Turn("user", (), "[F1] A short joins two conductors.\nDoes it show?")


def tune(base, folder, *, fusion=False, saved=()):
    """An adapter in `folder` and the logits of the model that was saved."""
    model = AutoModelForImageTextToText.from_pretrained(base, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(base)
    torch.manual_seed(3)
    if fusion:
        attach(model, processor).alpha.data.fill_(1.5)
    config = peft.LoraConfig(r=4, target_modules=r".*language_model.*\.(q|v)_proj", modules_to_save=list(saved) or None)
    tuned = peft.get_peft_model(model, config).eval()
    for name, weights in tuned.named_parameters():
        if "lora_B" in name:
            weights.data.normal_(std=0.5)
    save_model(tuned, processor if fusion else None, folder)
    return tuned, processor


@pytest.fixture(scope="module")
def base(tmp_path_factory, build_tiny):
    return build_tiny(tmp_path_factory.mktemp("base") / "widget", card={"name": "w", "image_size": 64, "version": "2"})


@pytest.fixture
def adapter(base, tmp_path):
    folder = tmp_path / "tuned"
    tune(base, folder)
    return folder


def first_logprobs(engine, images):
    asked = Request((Turn("user", images, ASKED.text),), max_new_tokens=2)
    found = engine.generate(asked).logprobs["content"][0]["top_logprobs"]
    return {entry["token"]: entry["logprob"] for entry in found}


@pytest.mark.parametrize("saved", [(), (NAME,)])
def test_base_adapter_and_fusion_give_what_was_saved(base, tmp_path, picture, saved):
    images = (picture(1).convert("RGB"), picture(2).convert("RGB"))
    tuned, processor = tune(base, tmp_path / "tuned", fusion=True, saved=saved)
    engine = LocalEngine(tmp_path / "tuned", device="cpu")
    assert not hasattr(engine.model, "peft_config") or type(engine.model).__name__.startswith("FastVlm")
    assert not any("lora" in name for name, _ in engine.model.named_parameters())
    assert live_fusion(engine.model) is not None and engine.card.image_size == 64
    inputs = processor(text=[engine.prompter.render([Turn("user", images, ASKED.text)])], images=[list(images)],
                       return_tensors="pt", add_special_tokens=False)  # fmt: skip
    with torch.no_grad():
        expected = tuned(**inputs).logits[0, -1].log_softmax(-1)
    got = first_logprobs(engine, images)
    engine.close()
    best = int(expected.argmax())
    assert got[processor.tokenizer.decode([best])] == pytest.approx(float(expected[best]), abs=1e-4)
    plain = LocalEngine(base, device="cpu")
    other = first_logprobs(plain, images)
    plain.close()
    assert other != got


def test_an_adapter_is_a_model_folder(adapter, base):
    assert find_folder(str(adapter)) == adapter and adapter_base(adapter) == base and adapter_base(base) is None
    name = model_name(load_model(str(adapter), Settings(device="cpu")))
    assert name.startswith("tuned@") and name == identity(adapter)
    card = read_card(adapter)
    assert (card.name, card.version, card.image_size) == ("", "", 64)
    (adapter / "sage.json").write_text('{"name": "mine"}')
    assert read_card(adapter).image_size == 96


def test_identity_follows_the_base(adapter, base, tmp_path):
    before = identity(adapter)
    moved = shutil.copytree(base, tmp_path / "base")
    config = json.loads((adapter / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "../base"
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    assert adapter_base(adapter).resolve() == moved.resolve()
    named = identity(adapter)
    assert named != before  # the config is part of it
    weights = load_file(moved / "model.safetensors")
    save_file({k: v + 1 for k, v in weights.items()}, moved / "model.safetensors", metadata={"format": "pt"})
    assert identity(adapter) != named


@pytest.mark.parametrize(
    ("base_name", "told"),
    [("/no/such/base", "no such folder"), ("some-org/not-cached", "not in the local cache"), (None, "no such folder"),
     (".", "no whole model")],
)  # fmt: skip
def test_a_base_that_is_not_there(adapter, base_name, told):
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": base_name}))
    with pytest.raises(BadInput, match=told) as caught:
        load_model(str(adapter), Settings(device="cpu"))
    assert "\n" not in str(caught.value)


def test_a_base_of_another_architecture(adapter, tmp_path, tiny_tokenizer):
    model, processor = gemma3(tiny_tokenizer())
    model.save_pretrained(tmp_path / "gemma")
    processor.save_pretrained(tmp_path / "gemma")
    config = json.loads((adapter / "adapter_config.json").read_text())
    config |= {"base_model_name_or_path": str(tmp_path / "gemma")}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match=r"adapter .*does not fit its base"):
        LocalEngine(adapter, device="cpu")


def test_damaged_adapters(adapter):
    weights, config = adapter / "adapter_model.safetensors", adapter / "adapter_config.json"
    good, text = load_file(weights), config.read_text()
    save_file(dict(list(good.items())[1:]), weights)
    with pytest.raises(BadInput, match="does not fit its base"):
        LocalEngine(adapter, device="cpu")
    save_file({k: v[..., :-1].contiguous() for k, v in good.items()}, weights)
    with pytest.raises(BadInput, match="does not fit its base"):
        LocalEngine(adapter, device="cpu")
    weights.write_bytes(b"\0" * 20)
    with pytest.raises(BadInput, match="cannot be read"):
        LocalEngine(adapter, device="cpu")
    config.write_text(json.dumps({**json.loads(text), "peft_type": "PROMPT_TUNING"}))
    save_file(good, weights)
    with pytest.raises(BadInput, match="PROMPT_TUNING"):
        LocalEngine(adapter, device="cpu")
    config.write_text("[]")
    with pytest.raises(BadInput, match="names no base model"):
        LocalEngine(adapter, device="cpu")


def test_without_peft(adapter, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(BadInput, match=r"PEFT.*sage-inspect\[finetune\]"):
        LocalEngine(adapter, device="cpu")


def test_pickled_adapters_are_refused(adapter):
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(BadInput, match=r"config\.json|pickled"):
        find_folder(str(adapter))
