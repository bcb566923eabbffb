from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore
from sage_inspect.knowledge.facts import FactStore, make_fact
from sage_inspect.knowledge.golden import FAMILIAR, GoldenLibrary


def board(seed: int) -> Image.Image:
    """Copper tracks on green, at places of its own."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (320, 240), (20, 90, 40))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = rng.integers(0, 300), rng.integers(0, 220)
        draw.rectangle((x, y, x + rng.integers(60, 160), y + 8), fill=(200, 140, 60))
        draw.rectangle((x, y, x + 8, y + rng.integers(40, 120)), fill=(200, 140, 60))
    return image


def nut(seed: int) -> Image.Image:
    """A bright ring on black, turned."""
    image = Image.new("L", (256, 256), 10)
    draw = ImageDraw.Draw(image)
    draw.regular_polygon((128, 128, 100), 6, rotation=seed * 7, fill=150)
    draw.ellipse((88, 88, 168, 168), fill=10)
    return image


@pytest.fixture
def library(tmp_path):
    return GoldenLibrary(tmp_path / "chroma", ImageStore(tmp_path / "images"))


def test_an_empty_library(library):
    assert library.nearest(nut(0)) == [] == library.list() and library.objects() == {}


def test_nearest_and_familiar(library):
    library.add("pcb", [board(i) for i in range(6)])
    library.add("Metal_Nut", [nut(i) for i in range(3)])
    assert library.objects() == {"metal nut": 3, "printed circuit board": 6}
    for image, name in ((board(99), "printed circuit board"), (nut(5), "metal nut")):
        matches = library.nearest(image, k=9)
        assert [m.similarity for m in matches] == sorted((m.similarity for m in matches), reverse=True)
        assert matches[0].object == name and matches[0].similarity >= FAMILIAR > matches[-1].similarity
    exact = library.nearest(board(2))[0]
    assert exact.similarity == pytest.approx(1.0, abs=1e-3) and exact.ref == library.images.put(board(2))
    assert library.nearest(board(2), object="metal nut")[0].object == "metal nut"
    assert library.nearest(board(2), object="valve") == []
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    assert library.nearest(noise)[0].similarity < FAMILIAR


def test_good_files_are_kept_and_bad_ones_named(library, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"not an image")
    nut(1).save(tmp_path / "good.png")
    report = library.add(
        "nut", [tmp_path / "good.png", tmp_path / "bad.png", tmp_path / "none.png", tmp_path / "good.png"]
    )
    assert [r.name for r in report.added] == ["good.png"] and report.duplicates == 1
    assert ["bad.png" in report.problems[0].where, "none.png" in report.problems[1].where] == [True, True]
    assert library.add("nut", [tmp_path / "good.png"])[:2] == ((), 1)
    with pytest.raises(BadInput, match="needs an object"):
        library.add(" ", [])


def test_moved_removed_and_seen_by_others(library):
    other = GoldenLibrary(library.path, library.images)
    ref = library.add("nut", [nut(1)]).added[0]
    assert [g.ref for g in other.list("nut")] == [ref]
    other.add("valve", [nut(1)])
    assert library.objects() == {"valve": 1}
    assert library.remove(ref.sha256).object == "valve"
    assert other.list() == [] and library.images.open(ref).size == (256, 256)
    with pytest.raises(BadInput, match="not in the library"):
        library.remove(ref.sha256)


def test_facts_and_images_share_a_folder(library, hand):
    facts = FactStore(library.path, embed=hand)
    facts.add([make_fact("Nuts are bent.", "nut", "defect")])
    library.add("nut", [nut(1)])
    assert facts.count() == 1 and len(library.list()) == 1
    assert facts.recall("q", object="nut")


def test_a_damaged_index_is_built_anew_from_the_pictures(library, tmp_path):
    library.add("nut", [nut(i) for i in range(3)])
    before = library.nearest(nut(1), k=3)
    from sage_inspect.knowledge.folder import open_folder

    with open_folder(library.path).writing() as session:
        session.client.get_collection("sage_golden", embedding_function=None).modify(
            configuration={"hnsw": {"sync_threshold": 3}}
        )
    library.add("nut", [nut(i) for i in range(10, 16)])
    shutil.copytree(library.path, tmp_path / "copy")
    for folder in (p for p in (tmp_path / "copy").iterdir() if p.is_dir()):
        shutil.rmtree(folder)
    copy = GoldenLibrary(tmp_path / "copy", library.images)
    assert len(copy.list()) == 9
    after = copy.nearest(nut(1), k=3)
    assert (after[0].ref, after[0].similarity) == (before[0].ref, pytest.approx(1.0, abs=1e-3))
