"""Each image is encoded once: features of identical images are shared within a batch and kept between batches."""

from __future__ import annotations

import hashlib
import inspect
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

KEPT = 64
"""Images whose features are kept, least recently used first out."""


class FeatureCache:
    """Swaps `pixel_values` for precomputed image features where a model takes them (`mm_encoder_outputs`).

    It acts only where it is certain what a row of features belongs to: one `[3, H, W]` tensor an image, one entry of
    features an image, no further inputs to the vision tower. Every other model encodes its images itself.

    Args:
        model: a transformers image-text-to-text model in eval mode; its weights must not change afterwards.
    """

    def __init__(self, model: Any) -> None:
        encode = getattr(model.base_model, "get_image_features", None)
        takes = "mm_encoder_outputs" in inspect.signature(model.forward).parameters
        self._encode = encode if takes else None
        self._inputs = set() if encode is None else set(inspect.signature(encode).parameters)
        self._kept: OrderedDict[bytes, torch.Tensor] = OrderedDict()
        self._stacked = True
        self.encoded = 0

    def replace(self, inputs: dict[str, Any], images: Sequence[Image.Image]) -> dict[str, Any]:
        """The inputs of `generate`, with features in place of pixels where that is possible, else unchanged."""
        pixels = inputs.get("pixel_values")
        if self._encode is None or pixels is None or pixels.dim() != 4 or pixels.shape[0] != len(images):
            return inputs
        if self._inputs & set(inputs) != {"pixel_values"}:
            return inputs
        keys = [_digest(image) for image in images]
        missing = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._kept}
        found = {key: self._kept[key] for key in keys if key in self._kept}
        if missing:
            output = self._encode(pixels[list(missing.values())], return_dict=True)
            encoded = output.pooler_output
            self._stacked = isinstance(encoded, torch.Tensor)
            if len(encoded) != len(missing):
                self._encode = None
                return inputs
            self.encoded += len(missing)
            found.update(zip(missing, encoded, strict=True))
        for key in dict.fromkeys(keys):
            self._kept[key] = found[key]
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        rows = [found[key] for key in keys]
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        rest = {name: value for name, value in inputs.items() if name != "pixel_values"}
        # Some models return one tensor, some a tuple with one entry an image; each reads only its own form.
        features: Any = torch.stack(rows) if self._stacked else tuple(rows)
        return {**rest, "mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=features)}}


def _digest(image: Image.Image) -> bytes:
    head = f"{image.mode} {image.size}".encode()
    return hashlib.blake2b(head + image.tobytes(), digest_size=16).digest()
