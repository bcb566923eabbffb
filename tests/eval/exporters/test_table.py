"""A row a trace, with the same columns, that pandas reads."""

import pandas
import pytest

from sage_inspect.errors import BadInput
from sage_inspect.eval.exporters import write_table
from sage_inspect.eval.score_trace import score_trace
from sage_inspect.schema import Trace

from ..two_lines import two_lines


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_pandas_reads_it(tmp_path, ending):
    path = tmp_path / f"t.{ending}"
    trace = two_lines()
    assert write_table([(trace, score_trace(trace)), (Trace(run="empty"), None)], path) == 2
    table = pandas.read_json(path, lines=True) if ending == "jsonl" else pandas.read_csv(path)
    assert list(table["run"]) == ["r1", "empty"] and table["process"].notna().tolist() == [True, False]
    assert table["metric_identification"].isna().all()  # unscored, not 0


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(BadInput):
        write_table([], tmp_path / "t.xlsx")
