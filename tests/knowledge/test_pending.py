from __future__ import annotations

from sage_inspect.knowledge.pending import Pending


def test_a_note_is_of_one_write_and_a_line_that_was_cut_off_does_not_count(tmp_path):
    note = Pending(tmp_path / "p")
    assert note.read("a", "b") is None
    note.begin("a", "b")
    assert note.read("a", "b") == {}
    note.add("facts", ["1", "2"])
    note.add("facts", ["3"])
    with note.file.open("a") as out:
        out.write('["facts", ["4')
    assert note.read("a", "b") == {"facts": ["1", "2", "3"]}
    assert note.read("a", "c") is note.read("x", "b") is None
    note.begin("b", "c")
    assert note.read("b", "c") == {}
