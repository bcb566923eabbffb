import numpy as np
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore
from sage_inspect.tools.zoom import context_window, zoom


def test_small_box_gets_the_minimum_side_around_its_centre():
    assert context_window((100, 100, 110, 120), 640, 480) == (57, 62, 153, 158)


def test_large_box_gets_its_margin():
    window = context_window((100, 100, 300, 200), 1000, 1000)
    assert window.x2 - window.x1 == window.y2 - window.y1 == 320
    assert window.center == (200, 150) or abs(window.center[0] - 200) <= 1


@pytest.mark.parametrize("box", [(0, 0, 10, 10), (630, 470, 640, 480), (0, 470, 10, 480), (300, -5, 320, 10)])
def test_at_an_edge_it_is_moved_not_shrunk(box):
    window = context_window(box, 640, 480)
    assert (window.x2 - window.x1, window.y2 - window.y1) == (96, 96)
    assert 0 <= window.x1 and window.x2 <= 640 and 0 <= window.y1 and window.y2 <= 480


def test_clipped_where_the_image_is_smaller():
    assert context_window((10, 10, 20, 20), 60, 200) == (0, 0, 60, 96)


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 9, 3, 3), (700, 10, 720, 20), (-20, 0, 0, 10)])
def test_empty_or_outside_is_refused(box):
    with pytest.raises(BadInput):
        context_window(box, 640, 480)


def test_zoom_stores_the_crop(tmp_path):
    images = ImageStore(tmp_path)
    picture = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    ref = images.put(picture)
    crop = zoom(ref, (100, 50, 120, 70), images=images)
    assert (crop.width, crop.height) == (96, 96)
    assert np.array_equal(images.array(crop), picture[12:108, 62:158])
    assert crop.name.endswith("@62,12,158,108")
    assert zoom(ref, (100, 50, 120, 70), images=images) == crop


def test_every_form_of_an_image_is_taken(tmp_path):
    images = ImageStore(tmp_path / "store")
    picture = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    ref = images.put(picture)
    path = tmp_path / "a.png"
    path.write_bytes(images.path(ref.sha256).read_bytes())
    for image in (path, path.read_bytes(), picture, images.open(ref), ref.sha256):
        assert (
            zoom(image, (100, 50, 120, 70), images=images).sha256 == zoom(ref, (100, 50, 120, 70), images=images).sha256
        )
    with pytest.raises(BadInput, match="not in the image store"):
        zoom("f" * 64, (0, 0, 9, 9), images=images)
