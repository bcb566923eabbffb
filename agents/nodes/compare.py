"""compare: the test image against its golden image(s), without the model."""

from __future__ import annotations

from typing import Any

from ...images import ImageStore
from ...schema import ImageRef
from ...tools.compare import compare as compare_images
from ..state import InspectionState, dump, read_test


def compare(state: InspectionState, *, images: ImageStore) -> dict[str, Any]:
    """Register, difference, regions; `comparison` is None without a golden image, or kept where it is known already."""
    if state.get("comparison"):
        return {}
    references = [ImageRef.model_validate(r) for r in state["images"]["references"]]
    if not references:
        return {"comparison": None}
    return {"comparison": dump(compare_images(read_test(state), references, images=images))}
