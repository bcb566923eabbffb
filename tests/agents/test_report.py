"""The report is one file that says what the verdict says; hostile text stays text."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sage_inspect.agents.overlay import draw_overlay
from sage_inspect.agents.report import write_report
from sage_inspect.schema import Box, Claim, Verdict, VerdictFact


def report(images, tmp_path, **changes):
    test = images.put(np.full((60, 80), 200, np.uint8))
    verdict = Verdict(**{"verdict": "uncertain", "probability": None, "probability_source": None, "answer": "Unknown.",
                         "question": "Is it ok?", "test": test, "model": "m", **changes})  # fmt: skip
    write_report(tmp_path, verdict, {"images": {"test": test.model_dump(mode="json")}}, images)
    return (tmp_path / "report.html").read_text()


def test_it_is_one_file_with_its_images_inside(images, tmp_path):
    html = report(images, tmp_path)
    assert html.count("data:image/png;base64,") == 1
    assert 'src="http' not in html and "<script" not in html and "<link" not in html
    assert "no probability was measured" in html
    assert Image.open(tmp_path / "overlay.png").size == (80, 60)


def test_text_from_outside_cannot_become_markup(images, tmp_path):
    evil = "<script>alert(1)</script><img src=x onerror=y>"
    html = report(
        images, tmp_path, answer=evil + " [F1]", question=evil, object=evil, doubt=evil, model=evil,
        facts=(VerdictFact(id="F1", text=evil, source="curated", score=1),),
        claims=(Claim(id="C1", subject="R1", defect=True, text=evil),),
    )  # fmt: skip
    assert "<script" not in html and "<img src=x" not in html
    assert '<a class="cite" href="#F1">F1</a>' in html


def test_overlay_leaves_a_good_part_as_it_is_and_marks_boxes():
    picture = Image.new("L", (100, 100), 180)
    cold = draw_overlay(picture, Image.new("L", (100, 100), 20), [])
    assert np.asarray(cold).min() == np.asarray(cold).max() == 180
    marked = np.asarray(draw_overlay(picture, None, [("R1", Box(20, 40, 60, 80), True)]))
    assert tuple(marked[40, 40]) == (214, 40, 40)
    assert tuple(marked[60, 40]) == (180, 180, 180)


def test_large_images_are_drawn_smaller_with_boxes_in_place():
    picture = Image.new("L", (2800, 1400), 180)
    marked = np.asarray(draw_overlay(picture, None, [("R1", Box(1000, 800, 1200, 1000), None)]))
    assert marked.shape == (700, 1400, 3)
    assert tuple(marked[400, 550]) == (224, 146, 16)
