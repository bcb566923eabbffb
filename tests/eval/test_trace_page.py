"""A page: every step with its claims and findings, nothing from a trace is taken for markup, nothing is fetched."""

from __future__ import annotations

import re

import numpy as np

from sage_inspect.eval.score_trace import score_trace
from sage_inspect.eval.trace_page import MOST_STEPS, trace_page
from sage_inspect.images import ImageStore
from sage_inspect.schema import Trace

from .traces import LABELS, raw, sealed, trace


def test_a_page_shows_steps_claims_evidence_and_faults_where_they_lie(tmp_path):
    data = raw()
    for claim in (data["steps"][4]["claims"][0], data["steps"][4]["output"]["findings"][0]["claim"]):
        claim["facts"] = ["F2"]
    known = trace(sealed(data))
    page = trace_page(known, score_trace(known, labels=LABELS), labels=LABELS)
    steps = dict(re.findall(r'<section class="[^"]*" id="step-(S\d)">(.*?)</section>', page, flags=re.DOTALL))
    assert list(steps) == [s.id for s in known.steps]
    assert (
        "foreign_citation" in steps["S5"]
        and "An open breaks a conductor." in steps["S5"]
        and "first error" in steps["S5"]
    )
    assert "foreign_citation" not in steps["S7"] and "A short joins two conductors." in steps["S7"]
    assert "not in the image store" in page


def test_a_page_holds_its_images_and_says_which_are_missing(tmp_path):
    images = ImageStore(tmp_path)
    ref = images.put(np.full((100, 100), 90, np.uint8)).model_dump()
    data = raw()
    data["verdict"]["test"] = ref
    page = trace_page(trace(data), score_trace(trace(data)), images=images)
    assert page.count("data:image/") == 1 and "images are not in the image store" in page
    assert not re.search(r'(?:src|href)="(?!data:|#|\.\.)', page)


def test_text_of_a_trace_is_never_markup():
    data = raw()
    evil = "<script>alert(1)</script>"
    data["run"], data["steps"][4]["claims"][0]["text"], data["steps"][3]["output"]["plan"]["why"] = evil, evil, evil
    data["steps"][0]["output"]["note"] = evil
    page = trace_page(trace(data), score_trace(trace(data)))
    assert "<script" not in page and page.count("&lt;script&gt;") >= 4


def test_a_long_trace_shows_its_findings_first():
    steps = [{"id": f"S{i}", "node": "n", "parents": [f"S{i + 1}"] if i == 5000 else []} for i in range(6000)]
    known = Trace.model_validate({"run": "long", "steps": steps})
    page = trace_page(known, score_trace(known))
    assert (
        page.count("<section") == MOST_STEPS and 'id="step-S5000"' in page and "5700 of 6000 steps are left out" in page
    )
