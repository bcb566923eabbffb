"""The reference's log-probabilities on disk: exact, taken up after a kill, never mixed up."""

import errno

import pytest
import torch
from torch import nn

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.finetune.edpo.reference import ReferenceCache, model_digest


def test_values_come_back_exactly(tmp_path):
    values = (-torch.rand(50) * 30).tolist()
    ReferenceCache(tmp_path / "run", "m").add({"a": values, "b": [-1.0]})
    again = ReferenceCache(tmp_path / "run", "m")
    assert again.known["b"] == [-1.0]
    assert torch.equal(torch.tensor(again.known["a"]), torch.tensor(values))
    assert again.missing(["a", "c", "b", "c"]) == ["c"]


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    cache = ReferenceCache(tmp_path, "m")
    cache.add({"a": [-1.0]})
    whole = cache.path.read_bytes()
    cache.path.write_bytes(whole + b'{"key": "b", "logps": [-1.')
    again = ReferenceCache(tmp_path, "m")
    assert set(again.known) == {"a"}
    again.add({"b": [-2.0]})
    assert ReferenceCache(tmp_path, "m").known == {"a": [-1.0], "b": [-2.0]}


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "reference-m.0.jsonl"
    path.write_text('{"key": "a", "logps": [-1]}\nnonsense\n')
    with pytest.raises(BadInput, match=r"reference-m.0.jsonl:2: a damaged line"):
        ReferenceCache(tmp_path, "m")


def test_models_and_processes_have_files_of_their_own(tmp_path):
    first, second = ReferenceCache(tmp_path, "m", 0), ReferenceCache(tmp_path, "m", 1)
    first.add({"a": [-1.0]})
    second.add({"b": [-2.0]})
    first.reload()
    assert set(first.known) == {"a", "b"}
    assert ReferenceCache(tmp_path, "other").known == {}


def test_a_full_disk_is_told_in_one_line(tmp_path, monkeypatch):
    cache = ReferenceCache(tmp_path, "m")

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "open", full)
    with pytest.raises(RunFailed, match=r"No space left on device.*start again"):
        cache.add({"a": [-1.0]})


def test_digest_of_weights():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(300, 300), nn.BatchNorm1d(300))
    before = model_digest(model)
    assert model_digest(model) == before
    for change in (model[0].weight.data[-1, -1:], model[1].running_mean[:1]):
        change += 1
        assert model_digest(model) != before
        change -= 1
    assert model_digest(model.bfloat16()) != before
