"""The gallery: a sheet a family with every type on it, and a page that shows them."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.world import gallery
from sage_inspect.finetune.world.families import family
from sage_inspect.finetune.world.gallery import write_gallery


def test_every_type_is_on_the_sheet(tmp_path, monkeypatch):
    shown = []
    real = gallery._tile
    monkeypatch.setattr(gallery, "_tile", lambda sample: shown.append(sample) or real(sample))
    page = write_gallery(tmp_path / "g", seed=2, families=["bare board"], rows=1, columns=3, size=128)
    assert {d.type for s in shown for d in s.defects} == {t.name for t in family("bare board").types}
    assert any(not s.defects for s in shown)
    # Six types and a pair without a defect need a third row.
    assert Image.open(tmp_path / "g" / "bare_board.png").size == (3 * 260, 3 * (128 + 14 + 4))
    text = page.read_text()
    sources = re.findall(r'src="([^"]+)"', text)
    assert sources == ["bare_board.png"]
    assert "pin-hole" in text
    assert "http" not in text


def test_bad_input(tmp_path):
    with pytest.raises(BadInput, match="teapot"):
        write_gallery(tmp_path, families=["teapot"])
    with pytest.raises(BadInput, match="0 x 3"):
        write_gallery(tmp_path, families=["bare board"], rows=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        write_gallery(tmp_path / "file", families=["bare board"])
