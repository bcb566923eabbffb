from __future__ import annotations

from sage_inspect.knowledge.documents import Document, Documents
from sage_inspect.knowledge.folder import open_folder


def test_the_same_path_again_is_replaced_and_the_same_name_elsewhere_is_not(tmp_path):
    documents = Documents(open_folder(tmp_path))
    assert documents.all() == ()
    old, copy = Document("a.md", "/in/a.md", "00"), Document("a.md", "/out/a.md", "00", "nut")
    for document in (old, copy, Document("B.md", "/in/B.md", "02")):
        documents.note(document)
    new = old._replace(sha256="01", object="nut", at="2026-01-01T00:00:00+00:00", by="Ann")
    documents.note(new)
    assert Documents(open_folder(tmp_path)).all() == (Document("B.md", "/in/B.md", "02"), new, copy)


def test_a_path_that_is_no_unicode_is_kept(tmp_path):
    documents = Documents(open_folder(tmp_path))
    documents.note(Document("a\udcff.md", "/in/a\udcff.md", "00"))
    documents.note(Document("a\udcff.md", "/in/a\udcff.md", "01"))
    assert [(d.name, d.sha256) for d in documents.all()] == [("a?.md", "01")]
