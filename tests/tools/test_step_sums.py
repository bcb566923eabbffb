import numpy as np

from sage_inspect.tools.step_sums import energy, halved, kept, make_views, products, slid


def test_sums_over_steps_equal_those_by_hand():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 5, 7, 3)).astype(np.float32)
    inside, together = kept(energy(first)), products(first, second)
    assert inside.shape == together.shape == (9, 13)
    for dy in range(-4, 5):
        for dx in range(-6, 7):
            rows, columns = slice(max(0, -dy), min(5, 5 - dy)), slice(max(0, -dx), min(7, 7 - dx))
            here = first[rows, columns]
            there = second[rows.start + dy : rows.stop + dy, columns.start + dx : columns.stop + dx]
            assert np.isclose(inside[dy + 4, dx + 6], (here**2).sum(), rtol=1e-4)
            assert np.isclose(together[dy + 4, dx + 6], (here * there).sum(), rtol=1e-4)


def test_a_template_slides_over_a_window():
    window, template = np.arange(12, dtype=np.float32).reshape(3, 4), np.array([[1, 2]], np.float32)
    assert slid(window, template)[1].tolist() == [4 + 2 * 5, 5 + 2 * 6, 6 + 2 * 7]


def test_views_keep_grey_and_colour_pictures_apart_by_their_squares():
    grey = np.full((20, 31), 50, np.uint8)
    views = make_views(grey + 10, grey)
    assert views.picture.shape == (20, 31, 1) and np.all(views.error == 100)
    small = halved(make_views(np.dstack([grey] * 3), np.dstack([grey + 2] * 3)))
    assert small.golden.shape == (10, 15, 3) and np.allclose(small.error, 12)
