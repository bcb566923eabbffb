"""The table for people: a row a run, what changed in plain words, and what was not measured."""

from __future__ import annotations

import pytest

from sage_inspect.finetune.ablation.figures import Figure
from sage_inspect.finetune.ablation.rows import DIFFERENCES, RUNS
from sage_inspect.finetune.ablation.table import About, SetFigures, label_of, verdict, write_plots, write_table


@pytest.fixture
def made():
    figures = {"accuracy": Figure(0.75, 0.7, 0.8, 40, 10), "Acc-G": Figure(0.5, 0.4, 0.6, 20, 10)}
    change = {"accuracy": Figure(0.05, 0.01, 0.09, 40, 10), "Acc-G": Figure(0.0, -0.1, 0.1, 20, 10)}
    one = SetFigures(
        "Plates, whole", 40, 10, 3, {run.name: dict(figures) for run in RUNS},
        {(d.first, d.second): change for d in DIFFERENCES}, {run.name: 0.995 for run in RUNS},
    )  # fmt: skip
    return [one], About("nano@1", (0, 1, 2), 0.5, "Stage 1: 4 steps.", 7, ["Moon"], 90.0, 5)


def test_every_row_and_every_difference_is_told(made, tmp_path):
    write_table(*made, tmp_path / "table.md")
    table = (tmp_path / "table.md").read_text()
    assert table.count("0.750 [0.700, 0.800]") == len(RUNS)
    assert table.count("+0.050 [+0.010, +0.090]") == len(DIFFERENCES)
    assert "\n| SFE + E-DPO (far + near, eta 0.5) |" in table
    assert "\n| *grid:* SFE, far, eta 0.5 |" in table
    assert "40 questions about 10 image pairs; 3 more left out by the leak check." in table
    assert "Accuracy: yes, by 0.050" in table
    assert "Acc-G: no: a difference of 0.000" in table
    assert "Not measured: Moon" in table
    assert "took 1.5 minutes (CPU time on a CPU) of the 5" in table
    assert "Base nano@1, seeds 0, 1, 2. Stage 1: 4 steps." in table


def test_a_figure_that_is_missing_is_a_dash(made, tmp_path):
    sets, about = made
    del sets[0].rows["text"]["Acc-G"]
    write_table(sets, about, tmp_path / "table.md")
    assert "\n| + facts as text | 0.750 [0.700, 0.800] | - |" in (tmp_path / "table.md").read_text()


def test_a_plot_a_set(made, tmp_path):
    (path,) = write_plots(*made, tmp_path)
    assert path.name == "plates-whole.png"
    assert path.stat().st_size > 1000


def test_verdicts_in_words():
    assert verdict(Figure(0.1, 0.05, 0.2, 9, 9)).startswith("yes, by 0.1")
    assert verdict(Figure(-0.1, -0.2, -0.05, 9, 9)).startswith("no, it is worse by -0.1")
    assert verdict(Figure(0.1, -0.05, 0.2, 9, 9)).startswith("no: a difference of 0.100")
    assert verdict(None) == "not measured"


def test_a_label_tells_eta():
    assert label_of("sfe-edpo", 1.0) == "SFE + E-DPO (far + near, eta 1)"
