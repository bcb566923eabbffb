import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from sage_inspect.errors import BadInput
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.folder import identity
from sage_inspect.models.fusion_attach import attach, live_fusion
from sage_inspect.models.fusion_files import has_fusion, load_fusion, save_fusion, save_model
from sage_inspect.models.request import Request, Turn

FACTS = "[F1] A short joins two conductors.\nDoes it show?"


def load(folder):
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def fused(tmp_path_factory, tiny_folder):
    """A saved model with trained fusion; not to be written to."""
    folder = tmp_path_factory.mktemp("fused") / "widget"
    model, processor = load(tiny_folder)
    torch.manual_seed(1)
    fusion = attach(model, processor)
    with torch.no_grad():
        fusion.alpha.fill_(2.0)
        fusion.in_bias.normal_()
    save_model(model, processor, folder)
    return folder


@pytest.fixture
def copied(fused, tmp_path):
    import shutil

    return shutil.copytree(fused, tmp_path / fused.name)


def answer(folder, pictures, text=FACTS):
    engine = LocalEngine(folder, device="cpu")
    try:
        response = engine.generate(Request((Turn("user", tuple(pictures), text),), max_new_tokens=6))
        return response.logprobs["content"][0]["logprob"], engine
    finally:
        engine.close()


def test_the_checkpoint_itself_stays_stock(fused, tiny_folder):
    assert {p.name for p in fused.iterdir()} >= {"fusion.json", "fusion.safetensors", "model.safetensors"}
    assert has_fusion(fused) and not has_fusion(tiny_folder)
    assert not any("fusion" in key for key in load_file(fused / "model.safetensors"))
    assert set(load_file(fused / "model.safetensors")) == set(load_file(tiny_folder / "model.safetensors"))


def test_the_engine_fuses_facts_and_only_where_there_is_a_fusion(fused, copied, picture, tiny_folder):
    images = picture(1), picture(2)
    chance, engine = answer(fused, images)
    assert live_fusion(engine.model) is not None
    assert "<fact>[F1]" in engine.prompter.render([Turn("user", (), FACTS)])
    tensors = load_file(copied / "fusion.safetensors")
    save_file({**tensors, "alpha": torch.zeros(())}, copied / "fusion.safetensors")
    assert answer(copied, images)[0] != chance
    assert identity(copied) != identity(fused)
    *_, plain = answer(tiny_folder, images)
    assert "<fact>" not in plain.prompter.render([Turn("user", (), FACTS)])


def test_batches_equal_single_answers(fused, picture):
    engine = LocalEngine(fused, device="cpu")

    def request(k):
        facts = "".join(f"[F{i}] Fact {'long ' * i}{i}.\n" for i in range(1, k + 1))
        return Request((Turn("user", (picture(k), picture(9)), f"{facts}Short?"),), max_new_tokens=6)

    futures = [engine.submit(request(k)) for k in range(5)]
    batch = [f.result(60) for f in futures]
    single = [engine.generate(request(k)) for k in range(5)]
    engine.close()
    assert engine.batches < 10
    assert [r.text for r in batch] == [r.text for r in single]
    for one, other in zip(batch, single, strict=True):
        assert one.logprobs["content"][0]["logprob"] == pytest.approx(other.logprobs["content"][0]["logprob"], abs=1e-4)


def test_the_engine_adds_no_image_twice(fused, picture):
    """Features that are kept between batches reach the fusion as fresh ones do."""
    engine = LocalEngine(fused, device="cpu")
    asked = Request((Turn("user", (picture(1), picture(2)), FACTS),), max_new_tokens=4)
    first, again = engine.generate(asked), engine.generate(asked)
    engine.close()
    assert engine._features.encoded == 2 and first.logprobs == again.logprobs


def test_identity_follows_the_config(fused, copied):
    assert identity(copied) == identity(fused)
    config = json.loads((copied / "fusion.json").read_text())
    (copied / "fusion.json").write_text(json.dumps({**config, "patches": 1}))
    assert identity(copied) != identity(fused)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"architecture": "llava"}, "fusion for llava: the checkpoint is fast_vlm"),
        ({"hidden_size": 64}, "fusion of hidden size 64: the model has 32"),
        ({"open_id": 7}, "other ids"),
        ({"version": 9}, "version 9"),
        ({"heads": 5}, "do not fit each other"),
        ({"heads": "many"}, "do not fit each other"),
        ({"layout": {"rule": "runs"}}, "cannot be read"),
        ({"more": 1}, "cannot be read"),
    ],
)
def test_a_config_that_does_not_fit(copied, change, told):
    config = json.loads((copied / "fusion.json").read_text())
    (copied / "fusion.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(BadInput, match=told) as caught:
        LocalEngine(copied, device="cpu")
    assert "\n" not in str(caught.value)


def test_damaged_or_missing_files(copied):
    weights, config = copied / "fusion.safetensors", copied / "fusion.json"
    good, text = load_file(weights), config.read_text()
    save_file({k: v for k, v in good.items() if k != "gain"}, weights)
    with pytest.raises(BadInput, match="tensors are not those"):
        LocalEngine(copied, device="cpu")
    save_file({**good, "gain": torch.ones(5)}, weights)
    with pytest.raises(BadInput, match="tensors are not those"):
        LocalEngine(copied, device="cpu")
    weights.write_bytes(b"\0" * 40)
    with pytest.raises(BadInput, match=r"fusion\.safetensors: it cannot be read"):
        LocalEngine(copied, device="cpu")
    weights.unlink()
    with pytest.raises(BadInput, match=r"fusion\.safetensors: it cannot be read"):
        LocalEngine(copied, device="cpu")
    config.write_text(text[:50])
    with pytest.raises(BadInput, match=r"fusion\.json: it cannot be read"):
        LocalEngine(copied, device="cpu")


def test_a_tokenizer_of_another_model(fused, tiny_folder):
    model, _ = load(fused)
    _, other = load(tiny_folder)
    other.tokenizer.add_tokens(["<other>"], special_tokens=True)
    with pytest.raises(BadInput, match="other ids"):
        load_fusion(fused, model, other)


def test_a_training_checkpoint_holds_the_fusion(fused, tmp_path):
    """A trainer's own checkpoints are the model's state: resuming must find the fusion in it."""
    model, processor = load(fused)
    load_fusion(fused, model, processor)
    save_model(model, processor, tmp_path / "out")
    model.save_pretrained(tmp_path / "checkpoint")
    assert any(k.startswith("fact_fusion.") for k in load_file(tmp_path / "checkpoint" / "model.safetensors"))


def test_without_a_fusion_nothing_is_written(tiny_folder, tmp_path):
    model, processor = load(tiny_folder)
    save_model(model, processor, tmp_path / "plain")
    assert not has_fusion(tmp_path / "plain")
    with pytest.raises(BadInput, match="no fusion to save"):
        save_fusion(model, tmp_path)
    assert load_fusion(tiny_folder, model, processor) is None
