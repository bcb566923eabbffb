"""A LoRA adapter on its base: loaded with PEFT and, for inference, merged into the base's weights."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .folder import ADAPTER

WEIGHTS = "adapter_model.safetensors"
_REMEDY = "name the folder of the base that it was trained on in its adapter_config.json"


def load_adapter(model: Any, folder: Path) -> Any:
    """`model` with the adapter in `folder`: merged, or in PEFT's wrapper where the base is quantised.

    Args:
        model: the adapter's base, with the fusion attached where the adapter was trained with one.
        folder: holds adapter_config.json and adapter_model.safetensors (no pickles).

    Raises:
        BadInput: PEFT is not installed, the adapter is no LoRA or damaged, or it was trained on another architecture.
    """
    try:
        import peft
        from safetensors import safe_open
    except ImportError:
        raise BadInput(
            f"adapter {folder}", "PEFT, which loads it, is not installed", "pip install 'sage-inspect[finetune]'"
        ) from None
    try:
        config = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))
        kind, trained_on = str(config.get("peft_type")), (config.get("auto_mapping") or {}).get("base_model_class")
        with safe_open(str(folder / WEIGHTS), framework="pt") as file:
            saved = set(file.keys())
    except Exception as error:  # OSError, ValueError, AttributeError, SafetensorError
        raise BadInput(f"adapter {folder}", f"it cannot be read ({error})", "save it again with PEFT") from None
    if kind != "LORA":
        raise BadInput(f"adapter {folder}", f"it is of type {kind}", "use a LoRA")
    if trained_on not in (None, type(model).__name__):
        # Layers of the same names and sizes would take it without a word.
        why = f"it does not fit its base ({trained_on} is not {type(model).__name__})"
        raise BadInput(f"adapter {folder}", why, _REMEDY)
    try:
        with warnings.catch_warnings():
            # What PEFT warns of, weights that it did not find, is refused below.
            warnings.simplefilter("ignore")
            tuned = peft.PeftModel.from_pretrained(model, str(folder), local_files_only=True)
    except Exception as error:  # ValueError (no such layers), RuntimeError (sizes), TypeError (unknown settings) ...
        line = " ".join(str(error).split())[:160]
        raise BadInput(f"adapter {folder}", f"it does not fit its base ({line})", _REMEDY) from error
    expected = set(peft.get_peft_model_state_dict(tuned, save_embedding_layers=False))
    strange = (expected - saved) | {name for name in saved - expected if "lora_" in name}
    if strange:
        raise BadInput(f"adapter {folder}", f"it does not fit its base ({min(strange)})", _REMEDY)
    quantised = getattr(model.config, "quantization_config", None) is not None
    return tuned if quantised else tuned.merge_and_unload()
