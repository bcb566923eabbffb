"""Candidate answers sampled from the policy itself (method.md, AD-PL)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from PIL import Image

from ...images import decode
from ...models.loading import load_model
from ...models.messages import human

PROVENANCE = "policy"
TEMPERATURE = 1.0
AT_ONCE = 16
"""Requests that wait for the model at the same time."""
LONGEST = 1024
"""Longer side, in pixels, to which whole images are scaled for a model, as the graph does."""


class Sampler:
    """Samples answers of one model, repeatably.

    Args:
        model: a folder, a name (`models.loading`) or a chat model.
        samples: answers a question; temperature: above 0.
        seed: the k-th sample of a question always has the same seed.

    Raises:
        BadInput: no such model.
    """

    def __init__(
        self, model: str | Path | BaseChatModel, *, samples: int = 4, seed: int = 0, temperature: float = TEMPERATURE
    ) -> None:
        self.model = load_model(str(model) if isinstance(model, Path) else model)
        self.samples, self.seed, self.temperature = samples, seed, temperature

    def answers(self, images: Sequence[Path], prompts: Sequence[str]) -> list[list[str]]:
        """Up to `samples` different answers to each prompt about the same images.

        Raises:
            BadInput: an image that cannot be read. RunFailed: the model failed.
        """
        shown = [_open(path) for path in images]
        messages = [[human(shown, prompt)] for prompt in prompts]
        turns = [(i, k) for k in range(self.samples) for i in range(len(prompts))]

        def ask(turn: tuple[int, int]) -> str:
            index, k = turn
            model = self.model.bind(temperature=self.temperature, seed=self.seed * 1009 + k)
            return " ".join(model.invoke(messages[index]).text.split())

        # A local engine decodes together what arrives together.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            replies = list(pool.map(ask, turns))
        found: list[list[str]] = [[] for _ in prompts]
        for (index, _), text in zip(turns, replies, strict=True):
            if text and text not in found[index]:
                found[index].append(text)
        return found


def _open(path: Path) -> Image.Image:
    picture = decode(path.read_bytes(), str(path))
    picture.thumbnail((LONGEST, LONGEST))
    return picture
