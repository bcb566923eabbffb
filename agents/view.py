"""What of a whole image a model is shown: all of it, or, to a model that reads crops only, the part that tells most."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel

from ..images import ImageStore
from ..models.windows import windows
from ..schema import Box, ImageRef
from ..tools.zoom import zoom


def reads_regions_only(model: BaseChatModel) -> bool:
    """True for a model (nano) that reads crops, and of a whole image without findings knows nothing."""
    return bool(getattr(model, "regions_only", False))


def show(
    model: BaseChatModel, images: ImageStore, test: ImageRef, golden: ImageRef | None, box: Box | None = None
) -> list[ImageRef]:
    """The test image and the golden one (if any, in the test image's frame) as `model` can read them.

    Args:
        box: the most telling place, in pixels of the test image; None takes the busiest window.
    """
    shown = [test] if golden is None else [test, golden]
    if not reads_regions_only(model):
        return shown
    place = box or windows(images.array(test))[0]
    same_frame = golden is None or (golden.width, golden.height) == (test.width, test.height)
    return [zoom(ref, place, images=images) for ref in (shown if same_frame else shown[:1])]
