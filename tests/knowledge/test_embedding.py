from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from sage_inspect.errors import RunFailed
from sage_inspect.knowledge import embedding
from sage_inspect.knowledge.facts import FactStore


def test_unit_vectors_in_the_order_of_the_texts():
    texts = [
        "A long sentence about the copper of a printed circuit board, with many words in it.",
        "short",
        "",
        "short",
    ]
    out = embedding.embed(texts)
    assert out.shape == (4, 384) and out.dtype == np.float32
    assert np.allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    assert np.allclose(out[1], out[3], atol=1e-5)
    # Padding beside a long neighbour must not change a short text's vector.
    assert np.allclose(out[1], embedding.embed(["short"])[0], atol=1e-5)
    assert embedding.embed([]).shape == (0, 384)


def test_half_a_character_is_no_failure():
    # What an argument or a file name that is not UTF-8 becomes in Python, and "\\ud800" in a tool call's JSON.
    (half, whole) = embedding.embed(["a crack \udcff on the rim", "a crack on the rim"])
    assert float(half @ whole) > 0.8


def test_more_than_one_batch(monkeypatch):
    texts = [f"word {'very ' * (i % 7)}{i}" for i in range(9)]
    whole = embedding.embed(texts)
    monkeypatch.setattr(embedding, "BATCH", 2)
    assert np.allclose(embedding.embed(texts), whole, atol=1e-5)


def test_it_is_the_published_model():
    # README of all-MiniLM-L6-v2: mean pooling over tokens, then normalised; so does transformers' own tokenizer.
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = embedding.model_folder()
    text = "An open shows as a full gap across a track."
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state[0].mean(0)
    assert np.allclose(embedding.embed([text])[0], (hidden / hidden.norm()).numpy(), atol=1e-5)


def test_meaning(tmp_path):
    store = FactStore(tmp_path)
    store.seed_starter()
    for question, word in (
        ("Where is the circuit interrupted by an open?", "open"),
        ("two neighbouring tracks are joined by a short", "short"),
        ("tiny hole without copper inside a pad", "pin-hole"),
        ("a rounded bite at the edge of a track", "mousebite"),
    ):
        best = store.recall(question, object="pcb", k=4)[0]
        assert word in best.fact.text.lower(), (question, best.fact.text)
    for question in ("Does the test image show a defect?", "Who won the football match?", "Is this part OK?"):
        assert store.recall(question) == ()
    assert store.recall("What does a short between two copper tracks look like?")


def test_other_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(embedding, "model_folder", lambda: tmp_path)
    embedding._load.cache_clear()
    try:
        with pytest.raises(RunFailed, match="is not the published"):
            embedding.embed(["text"])
        (tmp_path / "model.safetensors").unlink()
        with pytest.raises(RunFailed, match="reinstall"):
            embedding.embed(["text"])
    finally:
        embedding._load.cache_clear()


def test_the_weights_carry_the_published_digest():
    file = embedding.model_folder() / "model.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == embedding.WEIGHTS_SHA256


def test_no_network_and_nothing_said():
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from sage_inspect.knowledge.embedding import embed\n"
        "import sys; embed(['a']); assert 'sentence_transformers' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and "Loading" not in done.stderr and "REPORT" not in done.stderr
