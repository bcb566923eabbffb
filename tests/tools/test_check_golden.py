"""What is wrong with golden images: copies, other objects, and a defective one among them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore
from sage_inspect.knowledge.golden import GoldenLibrary
from sage_inspect.tools.check_golden import OUTLIER, check_golden, outliers


def plate(seed: int, *, scratched: bool = False) -> Image.Image:
    """A grey plate with two holes and noise of its own."""
    noise = np.random.default_rng(seed).normal(0, 4, (160, 160))
    light = 10 * np.sin(np.linspace(0, 3, 160) + seed)
    image = Image.fromarray(np.clip(150 + noise + light, 0, 255).astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for x in (40, 110):
        draw.ellipse((x, 70, x + 18, 88), fill=(30, 30, 30))
    if scratched:
        draw.line((60, 20, 100, 140), fill=(20, 20, 20), width=4)
    return image


@pytest.fixture
def library(tmp_path):
    return GoldenLibrary(tmp_path / "chroma", ImageStore(tmp_path / "images"))


def test_a_defective_image_among_the_golden_ones_is_named(library):
    library.add("plate", [plate(i) for i in range(7)])
    assert check_golden(library) == []
    (bad,) = library.add("plate", [plate(50, scratched=True)]).added
    (doubt,) = check_golden(library, "Plate")
    assert (doubt.check, doubt.object, doubt.images) == ("suspicious", "plate", (bad,))
    assert "is it flawless?" in doubt.message and "\n" not in doubt.message


def test_a_copy_and_an_image_of_another_object(library):
    copy = io.BytesIO()
    plate(1).save(copy, "JPEG", quality=70)
    library.add("plate", [plate(1), copy.getvalue(), plate(2)])
    blue = [Image.new("RGB", (160, 160), (20, 40 + 5 * i, 200)) for i in range(3)]
    library.add("cap", blue[:2])
    library.add("plate", [blue[2]])
    checks = [d.check for d in check_golden(library, "plate")]
    assert checks == ["duplicate", "foreign"]
    assert "rather than 'plate'" in check_golden(library, "plate")[1].message
    with pytest.raises(BadInput, match="no golden image of it"):
        check_golden(library, "valve")


def test_deviations_are_robust():
    # Logits of .1 .. .14 lie close; one at .9 is far out, and does not move the median of seven.
    away = outliers([0.10, 0.11, 0.12, 0.12, 0.13, 0.14, 0.90])
    assert away[-1] > OUTLIER > away[:-1].max() and away[3] == 0
    assert (outliers([0.2] * 5) == 0).all()
