import json
import shutil
import time

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.models.folder import find_folder, identity, is_hub_id, read_card


def test_identity_follows_the_content_not_the_place(tiny_folder, tmp_path):
    copy = shutil.copytree(tiny_folder, tmp_path / "elsewhere" / tiny_folder.name)
    name = identity(tiny_folder)
    assert identity(copy) == name and name.startswith("widget@") and len(name) == len("widget@") + 8
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert identity(copy) != name
    (copy / "sage.json").write_text(json.dumps({"name": "nano"}))
    assert identity(copy).startswith("nano@")


def test_a_large_file_is_named_quickly(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    big = tmp_path / "model.safetensors"
    with big.open("wb") as file:
        file.truncate(4 << 30)
    started = time.monotonic()
    name = identity(tmp_path)
    assert time.monotonic() - started < 1
    with big.open("r+b") as file:
        file.write(b"x")
    assert identity(tmp_path) != name


def test_hub_snapshot_is_named_by_its_id(tmp_path):
    folder = tmp_path / "models--org--some--model" / "snapshots" / "0123"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert identity(folder).startswith("org/some--model@")


def test_card(tmp_path):
    assert read_card(tmp_path).max_new_tokens is None
    (tmp_path / "sage.json").write_text(json.dumps({"name": "n", "objects": ["pcb"], "image_size": 64, "more": 1}))
    card = read_card(tmp_path)
    assert (card.name, card.objects, card.image_size, card.pair_channels) == ("n", ("pcb",), 64, False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"image_size": 2}', '{"max_new_tokens": "many"}', '{"name": 3}'])
def test_bad_card(tmp_path, text):
    (tmp_path / "sage.json").write_text(text)
    with pytest.raises(BadInput, match=r"sage\.json"):
        read_card(tmp_path)


def test_find_folder(tiny_folder, tmp_path):
    assert find_folder(str(tiny_folder)) == tiny_folder
    with pytest.raises(BadInput, match="no such folder"):
        find_folder(str(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match=r"config\.json"):
        find_folder(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInput, match="pickled weights are refused"):
        find_folder(str(tmp_path))


def test_hub_id_that_is_not_cached(monkeypatch):
    monkeypatch.delenv("SAGE_INSPECT_ALLOW_DOWNLOAD", raising=False)
    with pytest.raises(BadInput, match=r"not in the local cache.*hf download no-such-org/no-such-model"):
        find_folder("no-such-org/no-such-model")


def test_download_only_where_allowed(monkeypatch, tiny_folder):
    import huggingface_hub

    asked = []

    def snapshot_download(name, *, local_files_only, ignore_patterns):
        asked.append(local_files_only)
        return str(tiny_folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.delenv("SAGE_INSPECT_ALLOW_DOWNLOAD", raising=False)
    find_folder("a/b")
    find_folder("a/b", allow_download=True)
    monkeypatch.setenv("SAGE_INSPECT_ALLOW_DOWNLOAD", "1")
    find_folder("a/b")
    assert asked == [True, False, False]


def test_is_hub_id():
    assert is_hub_id("Qwen/Qwen2.5-VL-7B-Instruct")
    assert not any(map(is_hub_id, ["nano", "a/b/c", "/a/b", "./a", "../b", "a/", "openai:x/y", "a b/c"]))
