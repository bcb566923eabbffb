"""How familiar an image is to an embedded model: a p-value against the images the model was trained for.

Two distances over the tower's pooled features, each turned into a rank among held-out drawn images:

- contrast: a linear direction between the drawn world and drawn pictures that are none of it (finetune/nano/others.py);
- distance: Mahalanobis, for what lies far out in a direction nobody drew;

and one over the pixels themselves: unevenness, how much the two tones of the test image vary within themselves. A
shaded body on a white ground fools a tower that has only seen drawings; its shading does not fool this.

They are joined by a weighted Bonferroni rule (0.6, 0.1 and 0.3 of the error budget). A small value says "this is no
image of my world", and then nothing that the model says about its kind should be believed. A pair's composite and a
lone test image (zero-shot) have statistics of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FILE = "familiarity.safetensors"
"""Beside the model; for each mode: `mean [d]`, `scale [d]`, `weights [d]`, `whiten [d, k]`, and the held-out images'
`contrasts [n]`, `distances [n]` and `unevenness [n]`, ascending."""

LEAST = 1e-3
"""P-values below are taken as this: one window alone must not decide about an image."""
MODES = ("pair", "single")
_SHARES = {"contrasts": 0.6, "distances": 0.1, "unevenness": 0.3}
_AXES = 256


def surprise(p_values: Sequence[float]) -> float:
    """How unusual an image is for a model: the mean of -ln p over the familiarity of its windows, 0..6.9.

    The windows are judged together: each of a photograph's may pass by itself, yet all of them lie in the tail.
    """
    return -sum(math.log(max(p, LEAST)) for p in p_values) / len(p_values)


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
            pixel_values: `float[n, 3, h, w]`, -1..1, as the processor gives them: composites (or references), or lone
                test images.
        """
        import torch

        if not len(pixel_values):
            return []
        vectors, uneven = features(model, pixel_values), unevenness(pixel_values)
        alone = torch.tensor(is_single(pixel_values))
        out = torch.ones(len(vectors))
        for single, mode in enumerate(MODES):
            chosen = alone == bool(single)
            if chosen.any():
                contrast, distance = self._measures(vectors[chosen], mode)
                measured = {"contrasts": contrast, "distances": distance, "unevenness": uneven[chosen]}
                ranks = [self._rank(v, f"{mode}.{name}") / _SHARES[name] for name, v in measured.items()]
                out[chosen] = torch.stack(ranks).amin(0).clamp_max(1.0)
        return out.tolist()

    def _rank(self, values: Tensor, name: str) -> Tensor:
        import torch

        ranked = self._statistics[name]
        return (len(ranked) - torch.searchsorted(ranked, values) + 1) / (len(ranked) + 1)

    def _measures(self, vectors: Tensor, mode: str) -> tuple[Tensor, Tensor]:
        """Contrast and distance `[n]` of features `[n, d]`."""
        own = {k.split(".")[1]: v.float() for k, v in self._statistics.items() if k.startswith(mode)}
        normed = (vectors - own["mean"]) / own["scale"]
        return normed @ own["weights"], (normed @ own["whiten"]).norm(dim=1)

    @classmethod
    def fit(
        cls,
        familiar: dict[str, Tensor],
        others: dict[str, Tensor],
        held_out: dict[str, Tensor],
        uneven: dict[str, Tensor],
    ) -> Familiarity:
        """Statistics from features `[n, d]` by mode.

        Args:
            familiar: of drawn images of the model's world.
            others: of drawn images that are none of it.
            held_out: of further familiar ones, from which the ranks come.
            uneven: `unevenness` `[n]` of those.
        """
        statistics: dict[str, Tensor] = {}
        for mode in MODES:
            mean, scale = familiar[mode].mean(0), familiar[mode].std(0) + 1e-3
            inside, outside = (familiar[mode] - mean) / scale, (others[mode] - mean) / scale
            statistics[f"{mode}.mean"], statistics[f"{mode}.scale"] = mean, scale
            statistics[f"{mode}.weights"] = _direction(inside, outside)
            statistics[f"{mode}.whiten"] = _whitening(inside)
            contrast, distance = cls(statistics)._measures(held_out[mode], mode)
            statistics[f"{mode}.contrasts"] = contrast.sort().values
            statistics[f"{mode}.distances"] = distance.sort().values
            statistics[f"{mode}.unevenness"] = uneven[mode].sort().values
        return cls(statistics)


def _direction(inside: Tensor, outside: Tensor) -> Tensor:
    """Weights of a logistic regression, `outside` high; both kinds count the same, a small ridge."""
    import torch
    from torch.nn.functional import softplus

    weights = torch.zeros(inside.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    solver = torch.optim.LBFGS([weights, bias], max_iter=60)

    def loss() -> Tensor:
        solver.zero_grad()
        fit = softplus(inside @ weights + bias).mean() + softplus(-(outside @ weights + bias)).mean()
        value = fit + 0.006 * weights.pow(2).sum()
        value.backward()
        return value

    solver.step(loss)
    return weights.detach()


def _whitening(inside: Tensor) -> Tensor:
    """The map `float16[d, k]` of normed features to their leading principal axes at unit variance."""
    import torch

    values, axes = torch.linalg.eigh(inside.T @ inside / len(inside))
    return (axes[:, -_AXES:] * (values[-_AXES:] + 0.02).rsqrt()).to(torch.float16)


def unevenness(pixel_values: Tensor) -> Tensor:
    """How much the tones of test images vary within themselves, `float[n]`, 0 for two flat tones.

    The first channel (the test image's luma) is split in two by Otsu's threshold; the larger standard deviation inside
    a tone, away from its border, is told in units of the step between the two.

    Args:
        pixel_values: `float[n, 3, h, w]`, -1..1.
    """
    import cv2
    import numpy as np
    import torch

    disk = np.ones((5, 5), np.uint8)
    out = []
    for luma in ((pixel_values[:, 0].float() + 1) * 127.5).cpu().numpy():
        grey = luma.round().clip(0, 255).astype(np.uint8)
        light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
        smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.5)
        step = float(grey[light > 0].mean() - grey[light == 0].mean()) if 0 < light.sum() < light.size else 1.0
        inside = [smooth[cv2.erode(tone, disk) > 0] for tone in (light, 1 - light)]
        out.append(max((float(v.std()) for v in inside if v.size > 30), default=0.0) / max(1.0, step))
    return torch.tensor(out)


def is_single(pixel_values: Tensor) -> list[bool]:
    """Which images stand for a test without a reference (`pairing.pair_images`: green and blue all 0, here -1)."""
    return (pixel_values[:, 1:].float().flatten(1).amax(1) < -0.99).tolist()


def features(model: Any, pixel_values: Tensor) -> Tensor:
    """Features `float32[n, d]`: log(1 + mean and spread) of every channel of every stage, and `pixel_figures`."""
    import torch

    tower = model.model.vision_tower
    weight = next(tower.parameters())
    rows = []
    with torch.no_grad():
        for part in pixel_values.split(128):
            out = tower(part.to(weight.device, weight.dtype), output_hidden_states=True, return_dict=True)
            maps = [stage.float().flatten(2).cpu() for stage in out.hidden_states]
            pooled = torch.cat([*(m.mean(2) for m in maps), *(m.std(2) for m in maps)], dim=1)
            rows.append(torch.cat([pooled.clamp_min(0).log1p(), pixel_figures(part.float().cpu())], dim=1))
    return torch.cat(rows)


def pixel_figures(pixel_values: Tensor) -> Tensor:
    """What two-level pictures have in common, `float32[n, 6]` from `float[n, 3, h, w]` (-1..1).

    Of the test luma: spread within the two classes of the best threshold (Otsu), spread in all, mean gradient, mean;
    and of test against reference: mean difference, share of strong differences.
    """
    import torch

    test, reference = ((pixel_values[:, i].double() + 1) * 127.5 for i in range(2))
    flat, _ = test.flatten(1).sort(1)
    n = flat.shape[1]
    below = torch.arange(1, n, dtype=torch.float64)
    sums = flat.cumsum(1)
    low, high = sums[:, :-1] / below, (sums[:, -1:] - sums[:, :-1]) / (n - below)
    between = (below * (n - below) / n**2 * (high - low) ** 2).amax(1)
    spread = flat.var(1, correction=0)
    gradient = test.diff(dim=2).abs().mean((1, 2)) + test.diff(dim=1).abs().mean((1, 2))
    gap = (test - reference).abs()
    return torch.stack(
        [
            (spread - between).clamp_min(0).sqrt().log1p(),
            spread.sqrt().log1p(),
            gradient.log1p(),
            flat.mean(1) / 64,
            gap.mean((1, 2)).log1p(),
            (gap > 60).float().mean((1, 2)).sqrt() * 4,
        ],
        dim=1,
    ).float()
