"""One tiny training run, an untrained model, a few windows and a stand-in for the shared data, made once for all."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from sage_inspect.finetune.nano.batches import Encoder
from sage_inspect.finetune.nano.model import build_config, build_model, train_tokenizer
from sage_inspect.finetune.nano.reading import build_fusion, corpus
from sage_inspect.finetune.nano.train import run
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.finetune.world.crops import WorldPool
from sage_inspect.finetune.world.families import families, family, label_names

from .tiny_nano import CONFIG, TINY


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As nano trains: on models this small, threads wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with `out` (the model) and `work` (checkpoints) of a short run, and the losses of each stage."""
    folder = tmp_path_factory.mktemp("nano")
    losses = run(folder / "out", folder / "work", TINY)
    return folder, losses


@pytest.fixture(scope="session")
def encoder():
    return Encoder(train_tokenizer(corpus(300, 0)), label_names())


@pytest.fixture
def untrained():
    """A tiny model and its fusion, new for each test."""
    torch.manual_seed(0)
    return build_model(build_config(**CONFIG)), build_fusion(CONFIG["hidden"])


@pytest.fixture(scope="session")
def pool(tmp_path_factory):
    """Forty windows of two families."""
    return WorldPool.draw(tmp_path_factory.mktemp("pool"), 40, 3, [family("bare board"), families(False)[-1]])


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Drawn boards and noise in the layout of the shared data."""
    root = tmp_path_factory.mktemp("shared")
    boards, photographs = root / "deeppcb", root / "hazelnut"
    for folder in (boards, photographs):
        folder.mkdir()
    items = []
    for seed in (1, 2):
        test, golden, truth = draw_pair(seed, size=640, defects=3, shift=0, angle=0)
        test.convert("L").save(boards / f"{seed}.png")
        golden.convert("L").save(boards / f"{seed}g.png")
        boxes = [[*box, kind.replace("spurious copper", "copper")] for box, kind in truth]
        items.append({"image": f"{seed}.png", "reference": f"{seed}g.png", "boxes": boxes})
    items.append({"image": "1g.png", "reference": None, "boxes": []})
    (boards / "manifest.json").write_text(json.dumps({"items": items}))
    rng = np.random.default_rng(0)
    items = []
    for number, split in enumerate(("reference", "test", "test")):
        luma = np.full((200, 260), 90) if number == 2 else rng.integers(0, 256, (200, 260))
        Image.fromarray(luma.astype(np.uint8)).save(photographs / f"{number}.png")
        items.append({"image": f"{number}.png", "split": split})
    (photographs / "manifest.json").write_text(json.dumps({"items": items}))
    return root
