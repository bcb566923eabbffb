import tracemalloc

import numpy as np
from PIL import Image

from sage_inspect.agents.overlay import draw_overlay
from sage_inspect.schema import Box, Region


def test_a_line_scan_costs_no_more_than_what_is_shown_of_it():
    picture = Image.new("L", (20_000, 2_000), 180)
    heat = Image.new("L", picture.size, 0)
    heat.paste(255, (10_000, 0, 20_000, 2_000))
    tracemalloc.start()
    drawn = np.asarray(draw_overlay(picture, heat, [("R1", Box(2_000, 1_000, 4_000, 1_800), True)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drawn.shape == (140, 1400, 3) and peak < 20_000_000
    assert drawn[10, 10].tolist() == [180, 180, 180] and drawn[10, 1300].tolist() != [180, 180, 180]
    assert drawn[70, 200].tolist() == [214, 40, 40]  # 1400 / 20,000 of (2000, 1000) is (140, 70)


def test_an_arrow_leads_from_where_a_part_was():
    region = Region(
        id="R1", box=Box(90, 40, 110, 60), score=0.9, change="moved", moved_from=Box(10, 40, 30, 60), offset=(80.0, 0.0)
    )
    drawn = np.asarray(draw_overlay(Image.new("L", (200, 100), 180), None, [], [region]))
    assert drawn[50, 21].tolist() == [224, 146, 16] and drawn[50, 98].tolist() == [224, 146, 16]
    assert drawn[50, 10].tolist() == drawn[50, 110].tolist() == [180, 180, 180]
