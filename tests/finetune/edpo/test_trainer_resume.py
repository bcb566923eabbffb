"""After a kill: the same loss curve, and a reference pass that goes on where it stopped."""

import pytest
import torch
from transformers import TrainerCallback

from sage_inspect.finetune.edpo import trainer as edpo_trainer

from .tiny_trainer import lines, make


class Kill(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 4:
            raise KeyboardInterrupt


def test_after_a_kill_the_losses_go_on(tmp_path, monkeypatch):
    whole = make(tmp_path, seed=5)
    whole.train()
    kept = {"save_strategy": "steps", "save_steps": 3, "output_dir": str(tmp_path / "killed"), "seed": 5}
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, callbacks=[Kill()], **kept).train()
    scored = []
    plain = edpo_trainer.score_tokens
    monkeypatch.setattr(
        edpo_trainer, "score_tokens", lambda *args: scored.append(torch.is_grad_enabled()) or plain(*args)
    )
    resumed = make(tmp_path, **kept)
    resumed.train(resume_from_checkpoint=True)
    assert lines(resumed) == pytest.approx(lines(whole), abs=1e-6)
    assert scored == [True] * 3, "the reference was not computed again"


def test_the_reference_pass_goes_on_where_it_was_interrupted(tmp_path):
    first = make(tmp_path, per_device_eval_batch_size=1)
    first.prepare_reference()
    known = dict(first.data_collator.reference)
    path = next((tmp_path / "out").glob("reference-*.jsonl"))
    text = path.read_bytes()
    path.write_bytes(text[: len(text) // 2])
    again = make(tmp_path, per_device_eval_batch_size=1)
    again.prepare_reference()
    assert again.data_collator.reference.keys() == known.keys()
    for key, values in known.items():
        assert again.data_collator.reference[key] == pytest.approx(values, abs=1e-5)
    assert len(path.read_bytes().splitlines()) == len(known)
