import numpy as np

from sage_inspect.tools.boards import Blob
from sage_inspect.tools.geometry import identity, scaling
from sage_inspect.tools.regions import board_heat, board_regions, grow, photo_heat, photo_regions, to_test_frame


def test_grow_is_clipped_to_the_image():
    assert grow((2, 3, 10, 12), 5, (12, 100)) == (0, 0, 12, 17)


def test_board_regions_leave_edge_noise_out_and_number_by_size():
    blobs = [Blob((10, 10, 30, 20), 150, "added", "spur"), Blob((50, 50, 55, 55), 19, "missing", "mousebite")]
    regions = board_regions(blobs, (100, 100), 4)
    assert [(r.id, r.box, r.change, r.hint, r.area) for r in regions] == [("R1", (6, 6, 34, 24), "added", "spur", 150)]
    assert regions[0].score > 0.9


def test_board_heat_is_hot_on_the_blob_only():
    changed = np.zeros((80, 80), np.uint8)
    changed[20:30, 20:40] = 255
    heat = board_heat([Blob((20, 20, 40, 30), 200, "added", "spur")], changed)
    assert heat.shape == (80, 80) and heat[25, 30] > 0.9 and heat[60, 60] < 1e-3 and heat.max() <= 1
    assert not board_heat([], np.zeros((8, 8), np.uint8)).any()


def field_and_pictures(changed):
    field = np.full((30, 40), 0.3, np.float32)
    field[10:14, 20:26] = 6
    golden = np.full((120, 160, 3), 240, np.uint8)
    golden[30:100, 60:120] = (90, 120, 60)
    picture = golden.copy()
    if changed is not None:
        picture[40:56, 80:104] = changed
    return field, picture, golden


def test_photo_region_is_boxed_scored_and_scaled_to_the_test_image():
    regions = photo_regions(*field_and_pictures((200, 30, 30)), 3.0, 3.0, scaling(2, 2), (320, 240), 0)
    assert len(regions) == 1
    region = regions[0]
    assert region.id == "R1" and region.change == "altered" and region.score > 0.85
    assert all(abs(a - b) <= 4 for a, b in zip(region.box, (160, 80, 208, 112), strict=True))
    assert abs(region.area - 48 * 32) < 300


def test_missing_and_added_follow_the_background():
    field, picture, golden = field_and_pictures((240, 240, 240))
    arguments = (3.0, 3.0, identity(), (160, 120), 2)
    assert photo_regions(field, picture, golden, *arguments)[0].change == "missing"
    assert photo_regions(field, golden, picture, *arguments)[0].change == "added"


def test_texture_change_keeps_the_cells_and_quiet_fields_have_none():
    field, picture, golden = field_and_pictures(None)
    assert photo_regions(field, picture, golden, 3.0, 3.0, identity(), (160, 120), 0)[0].box == (80, 40, 104, 56)
    assert photo_regions(field * 0.2, picture, golden, 3.0, 3.0, identity(), (160, 120), 0) == ()


def test_at_most_limit_regions():
    field = np.zeros((30, 40), np.float32)
    field[2::5, 2::5] = 5
    blank = np.zeros((120, 160, 3), np.uint8)
    assert len(photo_regions(field, blank, blank, 3.0, 3.0, identity(), (160, 120), 0, limit=7)) == 7


def test_photo_heat_follows_the_score():
    field = np.zeros((10, 10), np.float32)
    field[5, 5] = 3
    to_test, _ = to_test_frame(field, (40, 40), identity(), identity())
    heat = photo_heat(field, 3.0, to_test, (40, 40), 3.0)
    assert heat.shape == (40, 40) and abs(heat.max() - 0.5) < 0.2 and heat[0, 0] == 0
    assert abs(int(heat.argmax()) // 40 - 22) <= 1
