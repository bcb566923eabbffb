"""Every row begins without fusion, whatever the base has."""

from __future__ import annotations

import shutil

import pytest

from sage_inspect.finetune.ablation.base import without_fusion
from sage_inspect.models.folder import identity
from sage_inspect.models.fusion_files import CONFIG, WEIGHTS, has_fusion


@pytest.fixture
def fused(base, tmp_path):
    folder = shutil.copytree(base / "widget", tmp_path / "fused")
    for name in (CONFIG, WEIGHTS):
        (folder / name).write_bytes(b"{}")
    return folder


def test_a_base_without_fusion_is_taken_as_it_is(base, tmp_path):
    assert without_fusion(base / "widget", tmp_path / "bare") == base / "widget"
    assert not (tmp_path / "bare").exists()


def test_only_the_fusion_is_left_out(base, fused, tmp_path):
    bare = without_fusion(fused, tmp_path / "bare")
    assert bare == tmp_path / "bare"
    assert not has_fusion(bare)
    assert has_fusion(fused)
    assert {p.name for p in bare.iterdir()} == {p.name for p in fused.iterdir()} - {CONFIG, WEIGHTS}
    # The folder's name is no part of the content.
    assert identity(bare).rpartition("@")[2] == identity(base / "widget").rpartition("@")[2]


def test_an_earlier_copy_is_replaced(fused, tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / WEIGHTS).write_bytes(b"old")
    assert not has_fusion(without_fusion(fused, tmp_path / "bare"))
    assert (tmp_path / "bare" / "config.json").exists()
