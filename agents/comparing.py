"""The comparison with its encoder by name: tools know no models, so the name is looked up here."""

from __future__ import annotations

from collections.abc import Sequence

from ..images import ImageLike, ImageStore
from ..models.encoders import load_encoder
from ..schema import Comparison
from ..settings import Settings, get_settings
from ..tools.boards import Foreground
from ..tools.compare import compare as compare_images
from ..tools.encoders import CLASSICAL, Encoder
from ..tools.regions import MAX_REGIONS


def encoder_named(name: str, settings: Settings | None = None) -> Encoder:
    """`classical`, or what `models.encoders.load_encoder` takes.

    Raises:
        BadInput, RunFailed: as `load_encoder`.
    """
    return CLASSICAL if name == "classical" else load_encoder(name, settings)


def compare(
    test: ImageLike,
    references: ImageLike | Sequence[ImageLike],
    *,
    encoder: str | Encoder | None = None,
    images: ImageStore | None = None,
    settings: Settings | None = None,
    pad: int = 6,
    foreground: Foreground = "dark",
    max_regions: int = MAX_REGIONS,
) -> Comparison:
    """Compare a test image with its golden image(s); `tools.compare.compare` says how, and what comes out.

    Args:
        encoder: what describes photographs: `classical` (no weights), `nano` (the embedded model's vision tower), a
            folder or Hugging Face id of a vision model (DINOv2, SigLIP, ...) or of an image-text model, or an object
            that fits `tools.encoders.Encoder`; None takes the settings'. Boards are compared by morphology whatever
            it is.
        test, references, images, settings, pad, foreground, max_regions: as in `tools.compare.compare`.

    Raises:
        BadInput: as there, or no such encoder.
        RunFailed: as there, or the encoder does not fit into memory.
    """
    settings = settings or get_settings()
    given = settings.encoder if encoder is None else encoder
    loaded = encoder_named(given, settings) if isinstance(given, str) else given
    return compare_images(
        test,
        references,
        images=images,
        settings=settings,
        pad=pad,
        foreground=foreground,
        max_regions=max_regions,
        encoder=loaded,
    )
