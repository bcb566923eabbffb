"""The written set: readable by eval, the same with any number of processes and after a kill, clear refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.eval.datasets.manifest import read_manifest
from sage_inspect.finetune.world import synth
from sage_inspect.finetune.world.families import families
from sage_inspect.finetune.world.synth import write_synth

BOARD = ["bare board"]


def note(sample, rng):
    """What another module would say about a sample."""
    return {"count": len(sample.defects), "draw": int(rng.integers(1000))}


def _bytes(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "pairs.jsonl"}


def test_what_is_written_can_be_read(tmp_path):
    path = write_synth(tmp_path / "set", 10, seed=1, families=BOARD, size=128, annotate=note)
    cases = read_manifest(path)
    manifest = json.loads(path.read_text())
    assert len(cases) == 10
    assert sum(manifest["counts"].values()) == 10
    assert {c.label for c in cases} == {"normal", "defect"}
    for case, item in zip(cases, manifest["items"], strict=True):
        assert case.object == "printed circuit board"
        assert Image.open(case.image).size == Image.open(case.reference).size == (128, 128)
        assert (case.mask is None) == (case.label == "normal")
        if case.mask is not None:
            numbers = np.asarray(Image.open(case.mask))
            assert numbers.max() == len(item["boxes"])
            for i, (x1, y1, x2, y2, kind) in enumerate(item["boxes"], 1):
                ys, xs = np.nonzero(numbers == i)
                assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == (x1, y1, x2, y2)
                assert kind in item["defect_types"]
    samples = [json.loads(line) for line in (tmp_path / "set" / "samples.jsonl").read_text().splitlines()]
    assert [s["count"] for s in samples] == [len(i["boxes"]) for i in manifest["items"]]
    assert samples[3]["images"] == ["images/000003_test.png", "images/000003_golden.png"]


def test_families_take_turns_and_splits_tell_those_held_out(tmp_path):
    count = len(families())
    items = json.loads(write_synth(tmp_path / "set", count, size=64).read_text())["items"]
    assert [i["family"] for i in items] == [f.name for f in families()]
    assert [i["split"] for i in items] == ["held_out" if f.held_out else "train" for f in families()]


def test_the_same_after_a_kill_and_with_more_pairs_later(tmp_path, monkeypatch):
    monkeypatch.setattr(synth, "_BATCH", 2)
    write_synth(tmp_path / "whole", 6, seed=1, families=BOARD, size=64, annotate=note)
    real, calls = synth.write_pair, []

    def dies(*args):
        calls.append(args[1])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(synth, "write_pair", dies)
    with pytest.raises(KeyboardInterrupt):
        write_synth(tmp_path / "cut", 5, seed=1, families=BOARD, size=64, annotate=note)
    assert not (tmp_path / "cut" / "manifest.json").exists()
    with (tmp_path / "cut" / "pairs.jsonl").open("a") as log:
        log.write('{"index": 2, "it')
    calls.clear()
    write_synth(tmp_path / "cut", 3, seed=1, families=BOARD, size=64, annotate=note)
    assert calls == [2]
    monkeypatch.setattr(synth, "write_pair", real)
    write_synth(tmp_path / "cut", 6, seed=1, families=BOARD, size=64, annotate=note)
    assert _bytes(tmp_path / "cut") == _bytes(tmp_path / "whole")


def test_the_same_with_two_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(synth, "_BATCH", 2)
    write_synth(tmp_path / "one", 4, seed=1, families=BOARD, size=64)
    write_synth(tmp_path / "two", 4, seed=1, families=BOARD, size=64, workers=2)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_bad_input_is_one_line(tmp_path):
    out = tmp_path / "set"
    for wrong, told in (
        ({"pairs": 0}, "pairs 0"), ({"size": 8}, "size 8"), ({"workers": 0}, "workers 0"), ({"seed": -1}, "seed -1"),
        ({"families": ["teapot"]}, "teapot"), ({"families": []}, "families"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=told) as error:
            write_synth(out, **{"pairs": 2, **wrong})
        assert "\n" not in str(error.value)
    assert not out.exists()
    write_synth(out, 1, seed=1, families=BOARD, size=64)
    with pytest.raises(BadInput, match="seed 1, not 2"):
        write_synth(out, 1, seed=2, families=BOARD, size=64)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        write_synth(tmp_path / "file", 1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text("{}")
    with pytest.raises(BadInput, match="not of this command"):
        write_synth(tmp_path / "other", 1)


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    real = synth.write_pair
    monkeypatch.setattr(synth, "write_pair", full)
    with pytest.raises(RunFailed, match="No space left"):
        write_synth(tmp_path / "set", 2, families=BOARD, size=64)
    monkeypatch.setattr(synth, "write_pair", real)
    assert len(read_manifest(write_synth(tmp_path / "set", 2, families=BOARD, size=64))) == 2
