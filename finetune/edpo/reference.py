"""The reference model's log-probabilities: one pass before training, kept on disk, taken up where it was interrupted.

TRL runs the reference model beside the policy at every step of vision data; here it runs once over the distinct
answers, and no second copy of the weights is held (method.md, E-DPO: Speed).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import BadInput, RunFailed

_WHOLE = 1 << 16
_SAMPLES = 4096


@torch.no_grad()
def model_digest(model: nn.Module) -> str:
    """A digest of a model's weights and buffers as they are now, 16 hex digits.

    Of a tensor with more than 65,536 numbers its ends and 4,096 evenly spaced ones count: any training moves them all.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, value in sorted(model.state_dict().items()):
        if not isinstance(value, Tensor):
            continue
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        flat = value.detach().reshape(-1)
        if flat.numel() > _WHOLE:
            at = torch.linspace(0, flat.numel() - 1, _SAMPLES, dtype=torch.float64).long().to(flat.device)
            flat = torch.cat([flat[:_SAMPLES], flat[at], flat[-_SAMPLES:]])
        digest.update(flat.cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


class ReferenceCache:
    """Log-probabilities of answers' tokens by `Question.key`, one JSON line an answer, appended as they come.

    The keys hold the digests of images, prompt and answer, the file's name that of the model: other data or another
    model never read what does not belong to them, and runs that differ in pairs or margin share what they have in
    common. Processes write to files of their own.

    Args:
        folder: where the files lie; made if need be.
        model: digest of the reference model.
        rank: of this process.

    Raises:
        BadInput: a line is damaged (the last one may be cut off by a kill, and is dropped).
    """

    def __init__(self, folder: Path, model: str, rank: int = 0) -> None:
        self.folder = folder
        self.model = model
        self.path = folder / f"reference-{model}.{rank}.jsonl"
        self.known: dict[str, list[float]] = {}
        self.reload()

    def reload(self) -> None:
        """Read what all processes have written."""
        for path in sorted(self.folder.glob(f"reference-{self.model}.*.jsonl")):
            self._read(path)

    def _read(self, path: Path) -> None:
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                told = json.loads(line)
                self.known[told["key"]] = [float(value) for value in told["logps"]]
            except (ValueError, KeyError, TypeError):
                raise BadInput(f"{path}:{number}", "a damaged line", "delete the file; it is made again") from None
        if len(whole) < len(data) and path == self.path:
            with path.open("r+b") as file:
                file.truncate(len(whole))

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those of `keys` that are not known yet, each once, in order."""
        return [key for key in dict.fromkeys(keys) if key not in self.known]

    def add(self, answers: Mapping[str, Sequence[float]]) -> None:
        """Keep and write the log-probabilities (nats) of answers' tokens.

        Raises:
            RunFailed: the disk is full or cannot be written.
        """
        lines = []
        for key, logps in answers.items():
            # Nine digits bring a float32 back exactly.
            lines.append(f'{{"key": "{key}", "logps": [{", ".join(f"{value:.9g}" for value in logps)}]}}\n')
            self.known[key] = list(logps)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))
        except OSError as error:
            raise RunFailed(
                str(self.path),
                f"it cannot be written ({error.strerror})",
                "free some space and start again: it goes on",
            ) from error
