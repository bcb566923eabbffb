"""What describes an image for comparison: a small interface, and the encoders that have weights.

An encoder turns an image into a grid of vectors; everything after that (noise units, matching with position or without,
thresholds, regions) is the same for all. A folder or Hugging Face id may hold any vision model (DINOv2, DINOv3, ViT,
SigLIP, CLIP, ConvNeXt, ResNet, ...) or an image-text model (`nano` is one), of which the vision tower is taken.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import BadInput, RunFailed
from ..settings import Settings, get_settings
from .folder import find_folder, identity, is_hub_id, read_card

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMS = "`efficientnet`, `classical`, `nano`, a folder, or a Hugging Face id `org/name` in the local cache"
WEIGHT = 1.2
"""Weight of the features in the distance: one harmless change at its worst places counts about 1."""
SIDE = 448
"""Longest side in pixels at which models that take any size see an image."""
_TOWERS = ("vision_tower", "vision_model", "visual", "vision_encoder", "image_encoder")
_encoders: dict[tuple[str, str, str], Any] = {}
_loading = threading.Lock()


class Group(NamedTuple):
    """Channels that are matched together.

    Attributes:
        channels: of a vector.
        weight: of the group in the distance: so much does one harmless change count at its worst places.
        reach: steps about a registered place within which its match is looked for; spacing: cells of a step.
        say: factor of its squared distance in the image's distance (in the map it counts fully).
    """

    channels: slice
    weight: float
    reach: int = 1
    spacing: int = 1
    say: float = 1.0


class Encoder(Protocol):
    """Describes an image by a vector for each place of a grid. Safe to share between threads.

    Attributes:
        name: of encoder and weights, e.g. `classical` or `model@1a2b3c4d`: prepared golden images are kept under it.
        groups: of channels, each matched on its own.
        contrast: power of the summed distance, so that what is plainly changed stands out alike for all encoders.
        measured: whether the bounds that tell another object (`tools.difference.judge`) were measured with it. If so,
            golden images that do not align are learned from by planted defects (`tools.texture`, which has features of
            its own); otherwise by a memory of the encoder's vectors (`tools.memory`).
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above
    @property
    def groups(self) -> Sequence[Group]: ...  # noqa: D102
    @property
    def contrast(self) -> float: ...  # noqa: D102
    @property
    def measured(self) -> bool: ...  # noqa: D102

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[rows, columns, channels]` of an image `uint8[h, w, 3]`; the grid covers the whole image evenly."""
        ...


def load_encoder(name: str, settings: Settings | None = None) -> Encoder:
    """The encoder that `name` names; the same weights on the same device are loaded once a process.

    Args:
        name: `nano`; a folder; a Hugging Face id in the local cache
            (SAGE_INSPECT_ALLOW_DOWNLOAD=1 fetches it).
        settings: its device is used; None takes the process's.

    Raises:
        BadInput: another form, no such folder, an id that is not cached, or a model that gives no grid of features.
        RunFailed: the device is not there, or the memory does not suffice.
    """
    settings = settings or get_settings()
    if name != "nano" and not Path(name).expanduser().is_dir() and not is_hub_id(name):
        raise BadInput(f"encoder {name!r}", "no such folder and no known form", f"use {FORMS}")
    folder = find_folder(name)
    key = (str(folder.resolve()), identity(folder), settings.device)
    with _loading:
        if key not in _encoders:
            _encoders[key] = TowerEncoder(folder, settings.device)
        return _encoders[key]  # type: ignore[no-any-return]


class TowerEncoder:
    """The vision tower of a transformers model; `float32[rows, columns, channels]` of unit length each.

    Args:
        folder: model with safetensors, and its image processor's mean and spread where it has one.
        device: as in `Settings`.

    Raises:
        BadInput: transformers cannot load it, or it gives no grid of features.
        RunFailed: no such device, or too little memory.
    """

    contrast, measured = 1.0, False

    def __init__(self, folder: Path, device: str = "auto") -> None:
        import torch

        from .parts import pick_device

        self.name = identity(folder)
        self._device = pick_device(device)
        self._tower = _load_tower(folder, self._device)
        config = self._tower.config
        self._patch = _number(getattr(config, "patch_size", None)) or 32
        self._fixed = _number(getattr(config, "image_size", None)) or 224
        self._any_size = _takes_any_size(self._tower)
        self._mean, self._spread = _normalisation(folder)
        self._paired = read_card(folder).pair_channels
        self._lock = threading.Lock()
        channels = self._probe(torch.zeros(64, 64, 3, dtype=torch.uint8).numpy()).shape[-1]
        self.groups = (Group(slice(0, channels), WEIGHT),)

    def _probe(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            return self(rgb)
        except (RuntimeError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            why = f"its vision model gives no grid of features ({' '.join(str(error).split())[:120]})"
            raise BadInput(f"encoder {self.name}", why, f"use {FORMS}") from None

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`float32[rows, columns, channels]` of an image `uint8[h, w, 3]`; each vector of unit length."""
        import cv2
        import numpy as np
        import torch

        from .pairing import composite

        size = self._size(rgb.shape[1], rgb.shape[0])
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if size[0] < rgb.shape[1] else cv2.INTER_LINEAR)
        if self._paired:  # it was trained on a test image laid over its golden one: here each is its own
            grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
            small = composite(grey, grey)
        pixels = (small.astype(np.float32) / 255 - self._mean) / self._spread
        tensor = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(self._device, next(self._tower.parameters()).dtype)
        more = {"interpolate_pos_encoding": True} if "interpolate_pos_encoding" in _arguments(self._tower) else {}
        with torch.inference_mode(), self._lock:
            out = self._tower(pixel_values=tensor, **more)
        features = _grid(_last(out), size, self._patch).float()
        features = torch.nn.functional.normalize(features, dim=-1)
        return np.ascontiguousarray(features.cpu().numpy())

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if not self._any_size:
            return self._fixed, self._fixed
        scale = max(SIDE, self._fixed) / max(width, height)
        across, down = (max(2, round(side * scale / self._patch)) * self._patch for side in (width, height))
        return across, down


def _load_tower(folder: Path, device: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForImageTextToText

    from .parts import quiet

    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(folder, **safe)
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        whole = (
            AutoModelForImageTextToText
            if hasattr(config, "text_config") and hasattr(config, "vision_config")
            else AutoModel
        )
        with quiet():
            try:
                model = whole.from_pretrained(folder, dtype=dtype, use_safetensors=True, **safe)
            except ValueError:
                model = AutoModel.from_pretrained(folder, dtype=dtype, use_safetensors=True, **safe)
    except (torch.OutOfMemoryError, MemoryError):
        raise RunFailed(
            f"encoder {folder}", f"it does not fit into the memory of {device}", "name a smaller one"
        ) from None
    except Exception as error:  # transformers raises OSError, ValueError, KeyError, ImportError, SafetensorError ...
        why = f"transformers cannot load it ({type(error).__name__}: {' '.join(str(error).split())[:120]})"
        raise BadInput(f"encoder {folder}", why, "name a folder or id of a vision model") from None
    # Of a model of images and text: `model.vision_tower`, `vision_model` and the like, perhaps a level down.
    while hasattr(model.config, "vision_config"):
        inner = next((getattr(model, name) for name in (*_TOWERS, "model") if hasattr(model, name)), None)
        if inner is None:
            break
        model = inner
    return torch.nn.Module.to(model, device).eval()


def _arguments(tower: Any) -> set[str]:
    return set(inspect.signature(tower.forward).parameters)


def _takes_any_size(tower: Any) -> bool:
    """Position codes can be interpolated (always so in DINO), are relative, or there are none (convolutions)."""
    if "interpolate_pos_encoding" in _arguments(tower):
        return True
    kind = str(getattr(tower.config, "model_type", ""))
    return kind.startswith("dino") or kind in {"convnext", "convnextv2", "resnet", "regnet", "efficientnet"}


def _normalisation(folder: Path) -> tuple[Any, Any]:
    import json

    import numpy as np

    for name in ("preprocessor_config.json", "processor_config.json"):
        path = folder / name
        if path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))
            told = told.get("image_processor", told)
            if told.get("image_mean") and told.get("image_std"):
                return np.asarray(told["image_mean"], np.float32), np.asarray(told["image_std"], np.float32)
    return np.float32(0.5), np.float32(0.5)


def _last(out: Any) -> Any:
    for name in ("last_hidden_state", "feature_maps"):
        found = getattr(out, name, None)
        if found is not None:
            return found[-1] if isinstance(found, list | tuple) else found
    return out[0] if isinstance(out, list | tuple) else out


def _grid(features: Any, size: tuple[int, int], patch: int) -> Any:
    """`[rows, columns, channels]` of `[1, channels, rows, columns]`, or of `[1, tokens, channels]`.

    Of tokens the last ones are the patches: class and register tokens stand before them.
    """
    if features.dim() == 4:
        return features[0].permute(1, 2, 0)
    if features.dim() != 3:
        raise ValueError(f"features of shape {tuple(features.shape)}")
    rows, columns = size[1] // patch, size[0] // patch
    if features.shape[1] < rows * columns:
        raise ValueError(f"{features.shape[1]} tokens for {rows} x {columns} patches")
    return features[0, features.shape[1] - rows * columns :].reshape(rows, columns, -1)


def _number(value: Any) -> int | None:
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return int(value) if isinstance(value, int | float) else None
