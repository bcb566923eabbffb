"""Every layout with its pitfalls; what does not fit is refused by name."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.eval.datasets import Case, defect_boxes, read_cases, read_mask
from sage_inspect.schema import Box


def save(path, value=128, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)
    return path


def by_id(cases):
    return {c.id: c for c in cases}


def test_mvtec(tmp_path):
    nut = tmp_path / "metal_nut"
    for name in ("train/good/000.png", "test/good/000.png", "test/bent_lead/000.png", "test/bent_lead/001.png"):
        save(nut / name)
    save(nut / "ground_truth/bent_lead/000_mask.png", 255)
    save(nut / "test/bent_lead/._000.png")  # a Mac's shadow file
    (nut / "readme.txt").write_text("no image")
    save(tmp_path / "screw" / "test" / "ko" / "7.png")
    cases = by_id(read_cases(tmp_path))
    assert sorted(cases) == [
        "metal_nut/test/bent_lead/000.png", "metal_nut/test/bent_lead/001.png", "metal_nut/test/good/000.png",
        "metal_nut/train/good/000.png", "screw/test/ko/7.png",
    ]  # fmt: skip
    bent = cases["metal_nut/test/bent_lead/000.png"]
    assert (bent.label, bent.types, bent.object, bent.split) == ("defect", ("bent lead",), "metal nut", "test")
    assert bent.mask.name == "000_mask.png"
    assert cases["metal_nut/test/bent_lead/001.png"].mask is None
    assert cases["metal_nut/train/good/000.png"].label == "normal"
    assert cases["screw/test/ko/7.png"].types == ()  # `ko` says that something is wrong, not what
    # one category by itself reads the same
    assert len(read_cases(nut)) == 4


def test_mvtec_mask_without_image(tmp_path):
    save(tmp_path / "test/bent/000.png")
    save(tmp_path / "ground_truth/bent/999_mask.png")
    with pytest.raises(BadInput, match=r"999_mask\.png: this mask belongs to no image"):
        read_cases(tmp_path)


def test_visa(tmp_path):
    for name in ("Normal/0.JPG", "Anomaly/0.JPG", "Anomaly/1.JPG"):
        save(tmp_path / "pcb1/Data/Images" / name)
    mask = np.zeros((30, 40), np.uint8)
    mask[5:10, 5:20], mask[20:25, 30:38] = 1, 2
    (tmp_path / "pcb1/Data/Masks/Anomaly").mkdir(parents=True)
    Image.fromarray(mask).save(tmp_path / "pcb1/Data/Masks/Anomaly/0.png")
    rows = [
        "object,split,label,image,mask",
        "pcb1,train,normal,pcb1/Data/Images/Normal/0.JPG,",
        "pcb1,test,anomaly,pcb1/Data/Images/Anomaly/0.JPG,pcb1/Data/Masks/Anomaly/0.png",
        "",
        "pcb1,test,anomaly,pcb1/Data/Images/Anomaly/1.JPG,",
    ]
    (tmp_path / "split_csv").mkdir()
    (tmp_path / "split_csv/2cls_fewshot.csv").write_text("object\n")
    (tmp_path / "split_csv/1cls.csv").write_text("\ufeff" + "\r\n".join(rows) + "\r\n")
    (tmp_path / "pcb1/image_anno.csv").write_text(
        'image,label,mask\npcb1/Data/Images/Anomaly/0.JPG,"bent,melt",pcb1/Data/Masks/Anomaly/0.png\n'
    )
    cases = read_cases(tmp_path)
    assert [(c.label, c.types, c.split) for c in cases] == [
        ("normal", (), "train"), ("defect", ("bent", "melt"), "test"), ("defect", (), "test"),
    ]  # fmt: skip
    # values 1 and 2 are both defect, and which of the two types a box is nobody says
    assert [b.box for b in defect_boxes(cases[1])] == [Box(5, 5, 20, 10), Box(30, 20, 38, 25)]
    assert {b.type for b in defect_boxes(cases[1])} == {""}
    (tmp_path / "split_csv/1cls.csv").write_text("object,split,label,image\npcb1,train,normal,x\n")
    with pytest.raises(BadInput, match=r"1cls\.csv: column mask is missing"):
        read_cases(tmp_path)


def deeppcb(root, boxes: str, stem="00041000"):
    folder = root / "PCBData/group00041/00041"
    save(folder / f"{stem}_test.jpg")
    save(folder / f"{stem}_temp.jpg")
    file = root / f"PCBData/group00041/00041_not/{stem}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(boxes)


def test_deeppcb(tmp_path):
    deeppcb(tmp_path, "1 2 11 12 1\r\n3,4,13,14,5\r\n\r\n")
    deeppcb(tmp_path, "5, 6, 9, 9, 6\n", "00041001")
    (tmp_path / "PCBData/test.txt").write_text("group00041/00041/00041001.jpg group00041/00041_not/00041001.txt\n")
    (tmp_path / "PCBData/trainval.txt").write_text("group00041/00041/00041000.jpg group00041/00041_not/00041000.txt\n")
    cases = by_id(read_cases(tmp_path))
    assert len(cases) == 4
    first = cases["PCBData/group00041/00041/00041000_test.jpg"]
    assert first.boxes == ((Box(1, 2, 11, 12), "open"), (Box(3, 4, 13, 14), "spurious copper"))
    assert first.reference.name == "00041000_temp.jpg"
    assert first.split == "train"
    assert cases["PCBData/group00041/00041/00041001_test.jpg"].split == "test"
    template = cases["PCBData/group00041/00041/00041001_temp.jpg"]
    assert (template.label, template.split, template.types) == ("normal", "reference", ())


@pytest.mark.parametrize("line", ["1 2 11 12", "1 2 11 12 7", "1 2 1 12 3", "a b c d 1", "1 2 11 12 0"])
def test_deeppcb_bad_lines(tmp_path, line):
    deeppcb(tmp_path, f"1 2 11 12 1\n{line}\n")
    with pytest.raises(BadInput, match=r"00041000\.txt:2: .* is no box"):
        read_cases(tmp_path)


def test_deeppcb_without_its_boxes(tmp_path):
    deeppcb(tmp_path, "1 2 11 12 1\n")
    (tmp_path / "PCBData/group00041/00041_not/00041000.txt").unlink()
    with pytest.raises(BadInput, match="no such file"):
        read_cases(tmp_path)


def manifest(root, *items, **more):
    (root / "manifest.json").write_text(json.dumps({"dataset": "toy_set", "items": list(items), **more}))


def test_manifest(tmp_path):
    for name in ("a.png", "gold.png", "m.png"):
        save(tmp_path / name)
    item = {
        "image": "a.png", "reference": "gold.png", "label": "defect", "defect_types": ["ink_marks"], "mask": "m.png",
        "boxes": [[1, 2, 8, 9.6, "ink_marks"]], "split": "test", "note": "kept out",
    }  # fmt: skip
    manifest(tmp_path, item, {"image": "gold.png", "label": "normal", "split": "reference", "mask": None})
    cases = read_cases(tmp_path)
    assert cases == read_cases(tmp_path / "manifest.json")
    assert cases[0] == Case(
        "a.png", tmp_path / "a.png", tmp_path / "gold.png", "defect", ("ink marks",),
        ((Box(1, 2, 8, 10), "ink marks"),), tmp_path / "m.png", "test", "toy set",
    )  # fmt: skip
    manifest(tmp_path, item | {"object": "Moulded_Toy"})
    assert read_cases(tmp_path)[0].object == "moulded toy"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"image": "lost.png", "label": "normal"}, r"lost\.png: this file, named in .*items\[0\], is not there"),
        ({"image": "a.png", "label": "bad"}, r"items\[0\]: label"),
        ({"label": "normal"}, r"items\[0\]: image"),
        ({"image": "a.png", "label": "normal", "defect_types": ["dent"]}, "normal and has defects"),
        ({"image": "a.png", "label": "defect", "boxes": [[5, 5, 5, 9, "dent"]]}, "is empty"),
    ],
)
def test_manifest_bad_items(tmp_path, item, message):
    save(tmp_path / "a.png")
    manifest(tmp_path, item)
    with pytest.raises(BadInput, match=message):
        read_cases(tmp_path)


def test_manifest_twice_or_broken(tmp_path):
    save(tmp_path / "a.png")
    manifest(tmp_path, *[{"image": "a.png", "label": "normal"}] * 2)
    with pytest.raises(BadInput, match="listed twice"):
        read_cases(tmp_path)
    (tmp_path / "manifest.json").write_text('{"items": [')
    with pytest.raises(BadInput, match="not JSON"):
        read_cases(tmp_path)


def test_plain_folder(tmp_path):
    save(tmp_path / "test/a.png")
    save(tmp_path / "test/b.png")
    save(tmp_path / "golden/a.jpg")
    save(tmp_path / "golden/c.jpg")
    cases = by_id(read_cases(tmp_path))
    assert cases["test/a.png"].reference.name == "a.jpg"
    assert cases["test/b.png"].reference is None
    assert cases["test/a.png"].label is None  # nobody said
    assert cases["golden/c.jpg"].label == "normal"


@pytest.mark.parametrize("layout", [None, "mvtec"])
def test_nothing_to_read(tmp_path, layout):
    with pytest.raises(BadInput, match="no layout|holds no image"):
        read_cases(tmp_path, layout)
    with pytest.raises(BadInput, match="no such file or folder"):
        read_cases(tmp_path / "lost")
    with pytest.raises(BadInput, match="layout 'coco'"):
        read_cases(tmp_path, "coco")


def test_masks(tmp_path):
    mask = np.zeros((50, 100), np.uint8)
    mask[10:20, 10:30], mask[12:18, 31:40], mask[40:45, 80:95], mask[0, 99] = 1, 1, 1, 1
    path = tmp_path / "m.png"
    Image.fromarray(mask).save(path)
    assert read_mask(path).sum() == mask.sum()
    case = Case("a", path, mask=path, label="defect", types=("dent",))
    # one pixel apart is one defect; the single pixel is a speck
    assert defect_boxes(case) == ((Box(10, 10, 40, 20), "dent"), (Box(80, 40, 95, 45), "dent"))
    Image.new("L", (100, 50), 255).save(path)  # a constant mask tells no place
    assert defect_boxes(case) == ()
    with pytest.raises(BadInput, match="100 x 50 pixels, its image 99 x 50"):
        read_mask(path, (99, 50))
    Image.fromarray(mask * 255).save(tmp_path / "m.jpg", quality=40)
    assert abs(int(read_mask(tmp_path / "m.jpg").sum()) - int(mask.sum())) < 30
    path.write_bytes(b"no image")
    with pytest.raises(BadInput, match="no image that can be read"):
        read_mask(path)
