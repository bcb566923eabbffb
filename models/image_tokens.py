"""Which image a token of a prompt belongs to, told from the token ids and the habits of the model's processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from PIL import Image

from ..errors import BadInput

Rule = Literal["constant", "runs", "last_tile", "even"]


class ImageLayout(NamedTuple):
    """How a processor lays images down as tokens.

    Attributes:
        token_ids: placeholders that image features replace.
        rule: `constant`, every image has `tokens_per_image`; `runs`, each unbroken run is an image; `last_tile`, an
            image is several runs and the run after `marker_id` ends it; `even`, a row's images share its tokens
            evenly, and how many there are must be told.
        tokens_per_image: for `constant`.
        marker_id: for `last_tile`, the token before an image's last run.
    """

    token_ids: tuple[int, ...]
    rule: Rule
    tokens_per_image: int | None = None
    marker_id: int | None = None


def image_numbers(
    input_ids: torch.Tensor, layout: ImageLayout, images_per_row: torch.Tensor | Sequence[int] | None = None
) -> torch.Tensor:
    """The image each token belongs to.

    Args:
        input_ids: [b, t], padded on either side.
        layout: of the model's processor.
        images_per_row: [b], read by the rule `even` only; None takes one image a row.

    Returns:
        Integers [b, t]: 0 text, 1 the first image (test), 2 the second (reference), and so on.
    """
    here = input_ids == layout.token_ids[0]
    for token in layout.token_ids[1:]:
        here = here | (input_ids == token)
    if layout.rule in ("constant", "even"):
        rank = here.cumsum(1) - 1
        if layout.rule == "constant":
            size: Any = layout.tokens_per_image
        else:
            images = torch.ones(len(here)) if images_per_row is None else torch.as_tensor(images_per_row)
            size = (here.sum(1) // images.to(here.device).clamp(min=1)).clamp(min=1)[:, None].long()
        return torch.where(here, rank // size + 1, 0)
    begins = here.clone()
    begins[:, 1:] &= ~here[:, :-1]
    if layout.rule == "runs":
        return torch.where(here, begins.cumsum(1), 0)
    ends_image = begins.clone()
    ends_image[:, 0] = False
    ends_image[:, 1:] &= input_ids[:, :-1] == layout.marker_id
    where = torch.arange(here.shape[1], device=here.device).expand_as(here)
    begin = torch.where(begins, where, 0).cummax(1).values
    # A last run counts itself; the tiles before it count only the images that ended earlier.
    number = ends_image.cumsum(1) + (~ends_image.gather(1, begin)).long()
    return torch.where(here, number, 0)


def image_token_counts(
    input_ids: torch.Tensor, layout: ImageLayout, images_per_row: Sequence[int] | None = None
) -> list[list[int]]:
    """By row the number of tokens of each image, in prompt order; [] for a row without images."""
    numbers = image_numbers(input_ids, layout, images_per_row)
    return [row[row > 0].bincount()[1:].tolist() for row in numbers]


_PROBES = ((64, 64), (1400, 600), (300, 900), (900, 850))
"""Sides in pixels of the images a processor is asked about: small, wide, tall, large."""


def probe_layout(processor: Any, token_ids: Sequence[int], name: str) -> ImageLayout:
    """The layout of a processor, found by giving it blank images of several sizes, one and two a prompt.

    Args:
        processor: with a chat template, or with the attribute `image_token`.
        token_ids: placeholders, from the model's config.
        name: of the model, for the error.

    Raises:
        BadInput: no rule tells two images of one prompt apart.
    """
    ids = tuple(token_ids)
    single = [_probe(processor, [size]) for size in _PROBES]
    pairs = [((a, b), _probe(processor, [_PROBES[a], _PROBES[b]])) for a, b in ((0, 1), (1, 0), (2, 3))]
    places = [torch.isin(row[0], torch.tensor(ids)) for row in single]
    sizes = [int(place.sum()) for place in places]
    if not all(sizes):
        raise BadInput(f"model {name}", "its processor puts no image tokens down", "name a vision-language model")
    first = places[0].clone()
    first[1:] &= ~places[0][:-1]
    last = int(first.nonzero()[-1])
    # Marks between images are better evidence than equal counts, which a processor's limits may feign.
    candidates = [
        ImageLayout(ids, "runs"),
        *([ImageLayout(ids, "last_tile", marker_id=int(single[0][0, last - 1]))] if last else []),
        ImageLayout(ids, "constant", tokens_per_image=sizes[0]),
    ]
    for layout in candidates:
        if [image_token_counts(row, layout)[0] for row in single] != [[n] for n in sizes]:
            continue
        counts = [(image_token_counts(row, layout)[0], [sizes[a], sizes[b]]) for (a, b), row in pairs]
        # Some processors tile an image only where it stands alone.
        if all(len(told) == 2 and (told == alone or sum(told) != sum(alone)) for told, alone in counts):
            return layout
    shares = {tuple(image_token_counts(row, ImageLayout(ids, "even"), [2])[0]) for _, row in pairs}
    if len(shares) == 1 and len(set(min(shares))) == 1:  # whatever the images' sizes
        return ImageLayout(ids, "even")
    why = "the tokens of two images in a prompt cannot be told apart"
    raise BadInput(f"model {name}", why, "switch its tiling off, or let its chat template put a mark between images")


def _probe(processor: Any, sizes: Sequence[tuple[int, int]]) -> torch.Tensor:
    images = [Image.new("RGB", size) for size in sizes]
    try:
        content = [*({"type": "image"} for _ in images), {"type": "text", "text": "x"}]
        text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    except Exception:  # no template, or one that trips over the message
        text = processor.image_token * len(images) + "x"
    return processor(text=[text], images=[images], return_tensors="pt")["input_ids"]
