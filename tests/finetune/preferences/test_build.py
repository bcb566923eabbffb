"""The recipe end to end: MVTec layout, DeepPCB, crops, a policy; the same again, and after a kill."""

from __future__ import annotations

import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from sage_inspect.answers import parse_answer
from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.eval.datasets import read_cases
from sage_inspect.finetune.preferences import build as preferences
from sage_inspect.finetune.preferences.adpl import read_adpl, to_preferences
from sage_inspect.finetune.preferences.build import build_preferences
from sage_inspect.finetune.preferences.crops import context_window
from sage_inspect.finetune.preferences.questions import LEVELS
from sage_inspect.finetune.records import Example, Preference, read_records
from sage_inspect.finetune.world.boards.pair import draw_pair
from sage_inspect.finetune.world.synth import write_synth
from sage_inspect.prompts import place


@pytest.fixture(scope="module")
def plugs(tmp_path_factory):
    """A set in MVTec's layout: grey plates, two good ones, one with a dark patch at the upper left, one bent."""
    root = tmp_path_factory.mktemp("data") / "wall_plug"
    rng = np.random.default_rng(0)

    def save(name, *marks):
        picture = rng.normal(150, 12, (120, 160)).clip(0, 255).astype(np.uint8)
        for x1, y1, x2, y2 in marks:
            picture[y1:y2, x1:x2] = 30
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)

    save("train/good/000.png")
    save("train/good/001.png")
    save("test/good/000.png")
    save("test/stain/000.png", (5, 5, 30, 25))
    save("test/bent/000.png", (100, 80, 150, 110))
    mask = np.zeros((120, 160), np.uint8)
    mask[5:25, 5:30] = 255
    (root / "ground_truth/stain").mkdir(parents=True)
    Image.fromarray(mask).save(root / "ground_truth/stain/000_mask.png")
    return root


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """Two drawn boards in DeepPCB's layout."""
    root = tmp_path_factory.mktemp("deeppcb")
    kinds = ("open", "short", "mousebite", "spur", "spurious copper", "pin-hole")
    for seed in (3, 4):
        folder = root / "group1" / "1"
        folder.mkdir(parents=True, exist_ok=True)
        test, golden, defects = draw_pair(seed, size=320, defects=3, style="grey")
        test.convert("L").save(folder / f"0000{seed}_test.jpg", quality=95)
        golden.convert("L").save(folder / f"0000{seed}_temp.jpg", quality=95)
        labels = root / "group1" / "1_not" / f"0000{seed}.txt"
        labels.parent.mkdir(exist_ok=True)
        rows = [f"{' '.join(map(str, box))} {kinds.index(type) + 1}" for box, type in defects]
        labels.write_text("\n".join(rows))
    return root


def lines(out):
    return list(read_records(out / "preferences.jsonl", Preference))


def files(out):
    return {n: (out / n).read_bytes() for n in ("preferences.jsonl", "examples.jsonl", "adpl.json")}


def test_mvtec_layout_at_three_levels(plugs, tmp_path):
    built = build_preferences(read_cases(plugs), tmp_path / "out", seed=1)
    records = lines(tmp_path / "out")
    # standard comparison for all three, identification for all three, diagnosis for the two defective ones
    assert (built.cases, built.entries, built.questions) == (3, 8, 40)
    assert len(records) == 40
    assert {r.level for r in records} == set(LEVELS)
    for record in records:
        scores = [a.score for a in record.answers]
        assert scores[0] == 5
        assert scores == sorted(scores, reverse=True)
        assert len({a.text for a in record.answers}) == len(record.answers)
        assert record.answers[0].provenance == "correct"
        assert any(a.provenance == "corruption:wrong verdict" for a in record.answers)
        heads = {parse_answer(a.text).value for a in record.answers}
        assert heads == {True, False}
        assert "train/good" in record.images[1]
        assert "wall plug" in record.prompt
    stain = [r for r in records if "stain" in r.group and r.level == "standard comparison"]
    first = stain[0].answers[0].text
    assert first.startswith(("True. Stain: ", "False. Stain, allowed: "))
    assert "upper left" in first  # of the mask's box
    # stage 1 trains on the correct answers
    examples = list(read_records(tmp_path / "out" / "examples.jsonl", Example))
    assert [e.answer for e in examples] == [r.answers[0].text for r in records]
    # and the published form says the same
    entries = read_adpl(tmp_path / "out" / "adpl.json", answers=None)
    assert [r.prompt for r in to_preferences(entries)] == [r.prompt for r in records]


def test_the_same_seed_gives_the_same_files(plugs, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build_preferences(read_cases(plugs), tmp_path / name, seed=seed)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a") != files(tmp_path / "c")


def test_a_killed_build_goes_on(plugs, tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    build_preferences(read_cases(plugs), whole)

    def kill(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_preferences(read_cases(plugs), cut, progress=kill)
    assert json.loads((cut / "build.json").read_text())["complete"] is False
    with (cut / "preferences.jsonl").open("a") as file:  # what a kill in the middle of a case leaves
        file.write('{"id": "half a li')
    done = []
    build_preferences(read_cases(plugs), cut, progress=lambda n, _: done.append(n))
    assert files(cut) == files(whole)
    assert json.loads((cut / "build.json").read_text())["complete"] is True
    # a complete build has nothing left to do
    before = os.stat(cut / "preferences.jsonl").st_size
    build_preferences(read_cases(plugs), cut)
    assert os.stat(cut / "preferences.jsonl").st_size == before
    with pytest.raises(BadInput, match="differs in seed"):
        build_preferences(read_cases(plugs), cut, seed=9)


def test_deeppcb_layout_gets_its_normals_from_templates(boards, tmp_path):
    built = build_preferences(read_cases(boards), tmp_path / "out")
    records = lines(tmp_path / "out")
    assert built.cases == 4
    normal = [r for r in records if r.group.endswith("_temp.jpg")]
    assert normal
    test, golden = (np.asarray(Image.open(tmp_path / "out" / p).convert("L"), int) for p in normal[0].images)
    # a copy with harmless differences: an image that is its own golden image would give the answer away
    assert 1 < np.abs(test - golden).mean() < 40
    verdicts = {parse_answer(r.answers[0].text).value for r in normal if "show a defect" in r.prompt}
    assert verdicts == {False}


def test_the_synthetic_world_is_such_a_set(tmp_path):
    write_synth(tmp_path / "world", 8, seed=1, families=["bare board", "screw"], size=128)
    cases = read_cases(tmp_path / "world")
    assert {c.object for c in cases} == {"printed circuit board", "screw"}
    built = build_preferences(cases, tmp_path / "out", splits=("train",))
    assert built.cases == 8  # the normal pairs too, though they lie in a split called train
    records = lines(tmp_path / "out")
    assert all(len(r.images) == 2 and r.answers[0].score == 5 for r in records)
    shown = {c.id: set(c.types) for c in cases}
    for record in records:
        said = parse_answer(record.answers[0].text).type
        assert said is None or said in shown[record.group]


def test_crops_are_windows_around_the_boxes(boards, tmp_path):
    cases = read_cases(boards)
    built = build_preferences(cases, tmp_path / "out", crops=True)
    records = lines(tmp_path / "out")
    boxes = sum(len(c.boxes) for c in cases)
    normal = [r for r in records if parse_answer(r.answers[0].text).type is None]
    assert built.entries == 0
    assert len(records) - len(normal) == boxes
    assert len(normal) >= boxes / 2
    # the window of the first box, as the agent cuts it, in the prompt that the agent sends
    case = next(c for c in cases if c.boxes)
    window = context_window(case.boxes[0].box, 320, 320)
    expected = np.asarray(Image.open(case.image).convert("L").crop(window))
    assert (np.asarray(Image.open(tmp_path / "out" / records[0].images[0]).convert("L")) == expected).all()
    where = place(case.boxes[0].box, 320, 320)
    assert f"[R1] {where}: " in records[0].prompt
    assert "Does region [R1] show a defect?" in records[0].prompt
    assert "[R1]" in records[0].answers[0].text


def test_a_tolerance_decides_by_the_size_in_the_prompt(boards, tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "LIMIT", 1.0)
    build_preferences(read_cases(boards), tmp_path / "out", crops=True, seed=2)
    decided = set()
    for record in lines(tmp_path / "out"):
        best = parse_answer(record.answers[0].text)
        if best.type is None:
            continue
        size = int(re.search(r", (\d+) px\.$", record.prompt, re.MULTILINE).group(1))
        cited = re.search(rf"^\[{best.facts[0]}\] (.*)$", record.prompt, re.MULTILINE).group(1)
        limit = int(re.search(r"(\d+) px", cited).group(1))
        assert best.value is (size > limit)
        assert best.allowed is (size <= limit)
        # An answer that passes a region cites it and leaves its place out.
        assert record.answers[0].score >= (4.66 if best.allowed else 5)
        decided.add(best.value)
    assert decided == {True, False}


def test_crops_without_places_are_left_out(plugs, tmp_path):
    build_preferences(read_cases(plugs), tmp_path / "out", crops=True)
    groups = {r.group for r in lines(tmp_path / "out")}
    assert groups == {"test/good/000.png", "test/stain/000.png"}  # nobody says where the bend is
    # the golden image is another plate in another pose: unless it is aligned, a crop has none
    assert all(len(r.images) == 1 for r in lines(tmp_path / "out"))
    build_preferences(read_cases(plugs), tmp_path / "pair", crops=True, align=lambda test, golden: golden)
    assert all(len(r.images) == 2 for r in lines(tmp_path / "pair"))


def test_answers_sampled_from_a_policy(plugs, tmp_path):
    cases = [c for c in read_cases(plugs) if "stain" in c.id or c.split == "train"]
    built = build_preferences(cases, tmp_path / "out", model="nano", samples=2, crops=True, seed=3)
    records = lines(tmp_path / "out")
    assert built.questions == len(records) > 0
    assert built.sampled > 0
    said = [a for r in records for a in r.answers if a.provenance == "policy"]
    assert len(said) + built.unreadable <= built.sampled
    assert all(parse_answer(a.text).value is not None and a.score < 5 for a in said)


def test_splits_leave_golden_images_in(plugs, tmp_path):
    built = build_preferences(read_cases(plugs), tmp_path / "out", splits=("test",))
    assert built.cases == 3
    assert all(len(r.images) == 2 for r in lines(tmp_path / "out"))
    with pytest.raises(BadInput, match="splits val: no case is of these; use some of 'test', 'train'"):
        build_preferences(read_cases(plugs), tmp_path / "val", splits=("val",))


def test_refused(plugs, tmp_path):
    golden = [c for c in read_cases(plugs) if c.split == "train"]
    with pytest.raises(BadInput, match="none of them is labelled"):
        build_preferences(golden, tmp_path / "out")
    with pytest.raises(BadInput, match="answers=1"):
        build_preferences(read_cases(plugs), tmp_path / "out", answers=1)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "preferences.jsonl").write_text("{}\n")
    with pytest.raises(BadInput, match="of another origin"):
        build_preferences(read_cases(plugs), tmp_path / "taken")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="cannot be written"):
        build_preferences(read_cases(plugs), tmp_path / "file")


def test_a_full_disk_is_told_in_one_line(plugs, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preferences.Lines, "preference", full)
    with pytest.raises(RunFailed, match="No space left on device.*the same command goes on"):
        build_preferences(read_cases(plugs), tmp_path / "out")
