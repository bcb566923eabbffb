"""How familiar an image is to an embedded model: a p-value against the images the model was trained for.

The tower's features, pooled over the image at every stage, are compared with those of held-out drawn images by their
Mahalanobis distance; the answer is the share of held-out images that lie at least as far out. A small value says
"this is no image of my world", and then nothing that the model says about its kind should be believed. A pair's
composite and a lone test image (zero-shot) have statistics of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FILE = "familiarity.safetensors"
"""Beside the model; for each mode (`pair`, `single`): `mean [d]`, `whiten [d, d]`, `distances [n]` ascending."""

MODES = ("pair", "single")


class Familiarity:
    """Statistics of a model's familiar images; `Familiarity.load(folder)` reads them, `fit` makes them."""

    def __init__(self, statistics: dict[str, Tensor]) -> None:
        self._statistics = statistics

    @classmethod
    def load(cls, folder: str | Path) -> Familiarity | None:
        """The statistics beside a model, or None where the folder holds none (any model but nano)."""
        from safetensors.torch import load_file

        path = Path(folder) / FILE
        return cls(load_file(path)) if path.is_file() else None

    def save(self, folder: str | Path) -> None:
        """Write the statistics beside a model."""
        from safetensors.torch import save_file

        save_file({k: v.contiguous() for k, v in self._statistics.items()}, str(Path(folder) / FILE))

    def score(self, model: Any, pixel_values: Tensor) -> list[float]:
        """P-values, 0..1, small for unfamiliar images.

        Args:
            model: the loaded model, which has its tower at `model.model.vision_tower`.
            pixel_values: `float[n, 3, h, w]` as the processor gives them, -1..1: composites (or references), or lone test images.
        """
        import torch

        vectors = features(model, pixel_values)
        alone = is_single(pixel_values)
        out = []
        for vector, single in zip(vectors, alone, strict=True):
            mode = MODES[int(single)]
            ranked = self._statistics[f"{mode}.distances"]
            far = self._distance(vector[None], mode)[0]
            beyond = len(ranked) - int(torch.searchsorted(ranked, far))
            out.append((beyond + 1) / (len(ranked) + 1))
        return out

    def _distance(self, vectors: Tensor, mode: str) -> Tensor:
        centred = vectors - self._statistics[f"{mode}.mean"]
        return (centred @ self._statistics[f"{mode}.whiten"].float()).norm(dim=1)

    @classmethod
    def fit(cls, vectors: dict[str, Tensor], held_out: dict[str, Tensor]) -> Familiarity:
        """Statistics from features `[n, d]` by mode; `held_out` are others, from which the ranks come."""
        import torch

        statistics: dict[str, Tensor] = {}
        for mode in MODES:
            mean = vectors[mode].mean(0)
            centred = vectors[mode] - mean
            covariance = centred.T @ centred / len(centred)
            shrunk = 0.98 * covariance + 0.02 * torch.diag(covariance.diagonal()) + 1e-6 * torch.eye(len(mean))
            values, axes = torch.linalg.eigh(shrunk)
            statistics[f"{mode}.mean"] = mean
            statistics[f"{mode}.whiten"] = (axes * values.clamp_min(1e-7).rsqrt()).to(torch.float16)
            made = cls(statistics)
            statistics[f"{mode}.distances"] = made._distance(held_out[mode], mode).sort().values
        return cls(statistics)


def is_single(pixel_values: Tensor) -> list[bool]:
    """Which images stand for a test without a reference (`pairing.pair_images`: green and blue all 0, here -1)."""
    return (pixel_values[:, 1:].float().flatten(1).amax(1) < -0.99).tolist()


def features(model: Any, pixel_values: Tensor) -> Tensor:
    """Pooled features `float32[n, d]`: log(1 + mean) of every channel of every stage, and the spread of the first ones."""
    import torch

    tower = model.model.vision_tower
    weight = next(tower.parameters())
    rows = []
    with torch.no_grad():
        for part in pixel_values.split(128):
            out = tower(part.to(weight.device, weight.dtype), output_hidden_states=True, return_dict=True)
            rows.append(_pool(out.hidden_states))
    return torch.cat(rows)


def _pool(stages: Iterable[Tensor]) -> Tensor:
    import torch

    maps = [stage.float().flatten(2) for stage in stages]
    means = [m.mean(2) for m in maps]
    spreads = [m.std(2) for m in maps[:2]]
    return torch.cat([*means, *spreads], dim=1).clamp_min(0).log1p().cpu()
