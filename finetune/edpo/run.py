"""Stage 2 from a recipe: E-DPO on the model that stage 1 left (method.md section 2), with the same run as stage 1's."""

from __future__ import annotations

import shlex

from transformers import PrinterCallback, set_seed

from ...models.folder import find_folder
from ...models.parts import pick_device
from .. import provenance, training
from ..models_io import choose_trained, load
from ..recipe import Recipe
from ..records import Preference
from ..sft import Outcome, finish, make_encoder
from .trainer import EDPOConfig, EDPOTrainer


def run(recipe: Recipe, *, resume: bool = False, again: str = "") -> Outcome:
    """Run stage 2 of `recipe` (or go on with it) and write the model to `recipe.folder("edpo")`.

    The fusion is frozen but active; the reference is the model as stage 1 left it, computed once before the first step.

    Args:
        recipe: with `[edpo]`.
        resume: go on from the last whole checkpoint.
        again: the command that goes on with this run, for messages.

    Raises:
        BadInput, Stopped, RunFailed: as `sft.run`; BadInput also where no record carries a preference.
    """
    edpo = recipe.edpo
    assert edpo is not None
    out, base = recipe.folder("edpo"), recipe.edpo_base()
    again = again or f"sage-inspect finetune edpo {shlex.quote(recipe.name)} --resume"
    device = pick_device(recipe.model.device)
    with training.quiet():
        checkpoint = training.begin(out, resume=resume)
        data = provenance.describe([*edpo.train, *edpo.validation], Preference)
        told = provenance.begin("edpo", recipe, find_folder(base), data, device.type)
        told = provenance.check_same(told, out) if resume else told
        arguments = training.trainer_arguments(edpo, recipe.model, out, device, recipe.seed)
        arguments |= {key: getattr(edpo, key) for key in ("beta", "eta", "tau", "selection", "pairs")}
        arguments |= {key: getattr(edpo, key) for key in ("preference_weight", "bco_weight", "sft_weight")}
        config = EDPOConfig(**arguments, freeze_vision=not recipe.model.train_vision)
        questions = config.read(edpo.train)
        validation = config.read(edpo.validation).items if edpo.validation else None
        told.notes = [f"Preference data: {questions.told()}."]
        set_seed(recipe.seed)
        loaded = load(recipe.model, device, base=base)
        told.trained = choose_trained(loaded, recipe.model, fusion=False)
        encoder = make_encoder(loaded, told.base, edpo.max_length)
        training.check_space(out, training.bytes_needed(loaded, edpo.keep))
        training.mark_begun(told, out, checkpoint, again)
        trainer = EDPOTrainer(
            loaded.model,
            config,
            questions.items,
            encoder,
            validation=validation,
            callbacks=training.tensorboard(out),
        )
        trainer.remove_callback(PrinterCallback)
        training.run(trainer, out, checkpoint, again)
        return finish(trainer, loaded, told, out, recipe.name, again)
