import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.models import folder as folder_module
from sage_inspect.models.chat import ChatVLM
from sage_inspect.models.loading import invoke_safely, load_model, model_name
from sage_inspect.models.messages import human
from sage_inspect.settings import Settings

CPU = Settings(device="cpu")


def test_a_chat_model_passes_through():
    model = FakeListChatModel(responses=["x"])
    assert load_model(model) is model and model_name(model) == "FakeListChatModel"


def test_a_folder_is_loaded_once(tiny_folder):
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(lambda _: load_model(str(tiny_folder), CPU), range(4)))
    assert all(isinstance(m, ChatVLM) for m in models) and len({id(m.engine) for m in models}) == 1
    assert model_name(models[0]).startswith("widget@")


def test_changed_weights_are_another_model(tmp_path, build_tiny):
    folder = build_tiny(tmp_path / "m", seed=1)
    first = load_model(str(folder), CPU)
    build_tiny(folder, seed=2)
    second = load_model(str(folder), CPU)
    assert first.engine is not second.engine and model_name(first) != model_name(second)


def test_nano(tmp_path, build_tiny, monkeypatch):
    monkeypatch.setattr(folder_module, "NANO", tmp_path / "missing")
    with pytest.raises(BadInput, match=r"nano.*reinstall"):
        load_model("nano", CPU)
    monkeypatch.setattr(folder_module, "NANO", build_tiny(tmp_path / "nano", card={"name": "nano"}))
    assert model_name(load_model("nano", CPU)).startswith("nano@")


@pytest.mark.parametrize(
    "name", ["", " ", "gpt-4o", "openai:", "/no/such/folder", "a/b/c", "./x", "ftp://host/v1", 7, None]
)
def test_unknown_names(name):
    with pytest.raises(BadInput, match=r"nano.*openai:NAME.*http://"):
        load_model(name, CPU)


def test_url_without_host():
    with pytest.raises(BadInput, match="no host"):
        load_model("http:///v1")


def test_hub_id_not_cached(monkeypatch):
    monkeypatch.delenv("SAGE_INSPECT_ALLOW_DOWNLOAD", raising=False)
    with pytest.raises(BadInput, match="not in the local cache"):
        load_model("no-such-org/no-such-model", CPU)


def test_a_folder_that_is_no_model(tmp_path, tiny_folder):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no-such-type"}))
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(BadInput, match="cannot be loaded") as caught:
        load_model(str(tmp_path), CPU)
    assert "\n" not in str(caught.value)


def test_damaged_weights(tmp_path, build_tiny):
    folder = build_tiny(tmp_path / "m")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(BadInput, match="cannot be loaded"):
        load_model(str(folder), CPU)


def test_remote_code_is_refused(tmp_path, build_tiny):
    folder = build_tiny(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "custom", "auto_map": {"AutoConfig": "evil.C", "AutoModelForImageTextToText": "evil.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()")
    with pytest.raises(BadInput, match="cannot be loaded"):
        load_model(str(folder), CPU)
    assert not (folder / "ran").exists()


def test_devices(tiny_folder):
    with pytest.raises(BadInput, match="unknown"):
        load_model(str(tiny_folder), Settings(device="gpu9"))
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(RunFailed, match="not available"):
            load_model(str(tiny_folder), Settings(device="cuda"))


def test_bad_input_stays_bad_input(tiny_folder, picture):
    model = load_model(str(tiny_folder), CPU)
    assert invoke_safely(model, [human([picture(0)], "hi")], max_new_tokens=2).content
    with pytest.raises(BadInput, match="user"):
        invoke_safely(model, [])


def test_importing_and_urls_cost_no_torch():
    code = (
        "import sys\n"
        "from sage_inspect.models.loading import load_model\n"
        "import sage_inspect.models.chat\n"
        "load_model('http://127.0.0.1:9/v1#m')\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ}, check=True
    )
    assert done.stdout.split() == ["False", "False"]
