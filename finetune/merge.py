"""`finetune merge`: a LoRA goes into its base's weights, the fusion stays beside them; the answers stay the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from ..errors import BadInput
from ..models.folder import adapter_base, find_folder, read_card
from . import provenance, training
from .models_io import Loaded, save
from .provenance import Provenance


def merge(folder: str, out: Path, *, name: str = "") -> Path:
    """Write the model in `folder`, a LoRA and perhaps a fusion, to `out` as a whole model; `out` is returned.

    The sum is made in 32-bit numbers and written in the dtype that the base was stored in.

    Args:
        folder: with adapters, as `finetune sft` or `finetune edpo` wrote it.
        out: a new folder.
        name: for sage.json; "" keeps the adapter's.

    Raises:
        BadInput: the folder holds no adapters, its base is not there, or `out` holds a model.
        RunFailed: too little memory or disk.
    """
    from ..models.parts import load_parts

    source = find_folder(folder)
    base = adapter_base(source)
    if base is None:
        raise BadInput(str(source), "it holds no adapters: there is nothing to merge", "use it with --model as it is")
    if (out / "config.json").exists() or out.resolve() in (source.resolve(), base.resolve()):
        raise BadInput(str(out), "it holds a model already", "name a new folder")
    with training.quiet(), training.writing(out):
        # Loaded as for inference: what the engine merges at every start is what is written here once.
        model, processor, _ = load_parts(source, torch.device("cpu"))
        # Nothing learns here: what the base's familiarity was measured on has not moved.
        model.requires_grad_(False)
        card = read_card(source)
        whole = Loaded(model, processor, card, base, fusion=(source / "fusion.json").is_file())
        save(whole, out, name=name or card.name or source.name, like=source)
        told = Provenance.load(source)
        if told is not None:
            told.notes.append(f"Its LoRA was merged into {told.base}.")
            told.save(out)
            provenance.write_card(told, out, name or card.name or source.name)
        elif (source / provenance.CARD).is_file():
            shutil.copyfile(source / provenance.CARD, out / provenance.CARD)
    return out
