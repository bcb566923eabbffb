import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.images import ImageStore
from sage_inspect.tools.compare import compare
from sage_inspect.tools.golden_files import golden_refs


def picture(seed):
    return np.random.default_rng(seed).integers(0, 255, (40, 50), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "golden"
    path.mkdir()
    for k in range(3):
        Image.fromarray(picture(k)).save(path / f"{k}.png")
    (path / "notes.txt").write_text("not an image")
    return path


def test_one_several_and_a_folder(folder, tmp_path):
    images = ImageStore(tmp_path / "images")
    refs, note = golden_refs(folder, images)
    assert [r.name for r in refs] == ["0.png", "1.png", "2.png"] and note == ""
    assert golden_refs(picture(7), images)[0] == [images.put(picture(7))]
    mixed, _ = golden_refs([picture(7), str(folder)], images)
    assert len(mixed) == 4 and mixed[1:] == refs


def test_a_bad_file_in_a_folder_is_named_and_costs_no_other(folder, tmp_path):
    images = ImageStore(tmp_path / "images")
    (folder / "1.png").write_bytes(b"no image")
    refs, note = golden_refs(folder, images)
    assert [r.name for r in refs] == ["0.png", "2.png"] and "1.png" in note
    assert "1.png" in compare(picture(0), folder, images=images).registration.note
    with pytest.raises(BadInput, match=r"1\.png"):
        golden_refs([folder / "1.png"], images)
    for k in (0, 2):
        (folder / f"{k}.png").write_bytes(b"")
    with pytest.raises(BadInput, match="none of its 3"):
        golden_refs(folder, images)


def test_nothing_to_compare_with(folder, tmp_path):
    images = ImageStore(tmp_path / "images")
    empty = tmp_path / "empty"
    empty.mkdir()
    for bad in ([], empty, None, 3):
        with pytest.raises(BadInput):
            golden_refs(bad, images)


def test_folders_outside_the_allowed_roots_are_refused(folder, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(BadInput, match="outside the allowed folders"):
        golden_refs(folder, ImageStore(tmp_path / "images", roots=[inside]))
    assert len(golden_refs(folder, ImageStore(tmp_path / "images", roots=[tmp_path]))[0]) == 3
