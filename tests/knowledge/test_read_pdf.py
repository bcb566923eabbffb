"""Sentences of a PDF by page and paragraph; what is no readable PDF is refused in one line."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.knowledge.ingest import ingest
from sage_inspect.knowledge.read_pdf import read_pages

from .papers import encrypted, manual, pdf


def test_sentences_by_page_and_paragraph_without_headings_and_page_numbers(tmp_path):
    (tmp_path / "m.pdf").write_bytes(manual(4))
    report = ingest(tmp_path / "m.pdf", object="gasket")
    assert [(f.origin, f.text) for f in report.facts][:3] == [
        ("m.pdf#p1.2", "A crack of kind 1 shows as a thin dark line that runs across the rim of the gasket."),
        ("m.pdf#p1.3", "Rims with flaw 1 are rejected."),
        ("m.pdf#p2.2", "A crack of kind 2 shows as a thin dark line that runs across the rim of the gasket."),
    ]
    assert len(report.facts) == 8 and report.problems == ()


def test_five_hundred_pages_come_one_by_one(tmp_path):
    (tmp_path / "m.pdf").write_bytes(manual(500))
    pages = read_pages(tmp_path / "m.pdf")
    assert (next(pages).number, next(pages).pages) == (1, 500)
    assert sum(1 for _ in pages) == 498


def test_a_bullet_and_other_languages_are_kept_as_they_are(tmp_path):
    lines = [("• Burrs at the outer edge", 60, 700, 11), ("Risse größer als 5 mm sind unzulässig.", 60, 640, 11)]
    (tmp_path / "m.pdf").write_bytes(pdf([lines]))
    assert [f.text for f in ingest(tmp_path / "m.pdf", object="nut").facts] == [
        "Burrs at the outer edge", "Risse größer als 5 mm sind unzulässig.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("locked.pdf", encrypted(), "asks for a password"),
        ("cut.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type", "cannot be read as a PDF"),
        ("scan.pdf", pdf([[], []]), "2 pages hold no text"),
        ("text.pdf", b"A dent is a hollow.", "called .pdf and is none"),
        ("image.txt", b"\x89PNG\r\n\x1a\n\0\0", "binary"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=why) as refused:
        ingest(tmp_path / name, object="nut")
    assert "\n" not in str(refused.value)


def test_a_pdf_by_another_name_is_read_as_what_it_is(tmp_path):
    (tmp_path / "m.txt").write_bytes(manual(1))
    assert [f.origin for f in ingest(tmp_path / "m.txt", object="nut").facts] == ["m.txt#p1.3", "m.txt#p1.4"]
    with pytest.raises(BadInput, match="a PDF does not say which object"):
        ingest(tmp_path / "m.txt")
