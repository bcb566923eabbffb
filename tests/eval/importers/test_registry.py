"""Formats by name."""

import pytest

from sage_inspect.commands import eval_import
from sage_inspect.errors import BadInput
from sage_inspect.eval.formats import importer
from sage_inspect.eval.importers import FORMATS, import_traces


def test_names_agree():
    assert tuple(FORMATS) == eval_import.FORMATS
    for name in FORMATS:
        assert importer(name)


def test_unknown_names():
    with pytest.raises(BadInput):
        next(import_traces([], "nothing"))
    with pytest.raises(BadInput):
        next(import_traces("/no/such/file", "messages"))
