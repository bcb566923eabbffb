"""E-DPO's trainer on tiny models: its configuration, the trainer itself, and what it logged."""

from sage_inspect.finetune.edpo.trainer import EDPOConfig, EDPOTrainer

from ...models.tiny_families import fast_vlm
from ..tiny_questions import questions, tiny


def config(folder, **changes):
    plain = {
        "output_dir": str(folder),
        "max_steps": 6,
        "per_device_train_batch_size": 2,
        "per_device_eval_batch_size": 3,
        "learning_rate": 1e-3,
        "logging_steps": 1,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "use_cpu": True,
    }
    return EDPOConfig(**{**plain, **changes})


def lines(trainer, name="loss"):
    return [line[name] for line in trainer.state.log_history if name in line]


def make(folder, family=fast_vlm, count=4, model=None, validation=None, callbacks=None, choices=None, **changes):
    fresh, encoder = tiny(family)
    asked = questions(folder, count, **(choices or {}))
    args = config(folder / "out", **changes)
    return EDPOTrainer(model or fresh, args, asked, encoder, validation=validation, callbacks=callbacks)
