"""Importers have names, once each; what one cannot read is told, and what it read before that counts."""

from __future__ import annotations

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval import formats
from sage_inspect.eval.read_traces import read_traces
from sage_inspect.schema import Trace


def test_a_format_is_read_by_its_importer(tmp_path):
    def mine(path):
        yield Trace(run=path.name, source="mine")
        raise BadInput(str(path), "the second is broken", "mend it")

    formats.register_importer("mine")(mine)
    try:
        with pytest.raises(ValueError, match="registered already"):
            formats.register_importer("mine")(mine)
        told: list[str] = []
        found = [(r.line, r.trace.run) for r in read_traces([tmp_path], format="mine", complain=told.append)]
        assert (found, told) == ([(1, tmp_path.name)], [f"{tmp_path}: the second is broken; mend it"])
        assert list(read_traces([tmp_path], format="mine", skip=lambda path, line: True, complain=told.append)) == []
    finally:
        del formats.IMPORTERS["mine"]


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(BadInput, match="--format nobody: there is no importer"):
        formats.importer("nobody")
