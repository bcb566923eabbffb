"""The commands under `golden`: what they print, and their exit codes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from sage_inspect.cli import cli
from sage_inspect.errors import BadInput


@pytest.fixture
def call(seeded_home):
    def run(*words: str, code: int = 0):
        done = CliRunner().invoke(cli, ["golden", *words])
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def picture(path, seed: int):
    noise = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    Image.fromarray(noise).resize((160, 120)).save(path)
    return str(path)


def test_added_found_checked_and_removed(call, tmp_path):
    one, other = picture(tmp_path / "a.png", 1), picture(tmp_path / "b.png", 2)
    Image.open(one).save(tmp_path / "copy.jpg", quality=80)
    call("add", "cloth", one, other, str(tmp_path / "copy.jpg"))
    (found, *_) = json.loads(call("find", one, "--json"))["matches"]
    assert found["name"] == "a.png" and found["similarity"] > 0.99
    assert call("check", "cloth").startswith("duplicate: cloth: a.png (")
    doubts = json.loads(call("check", "--strict", "--json", code=1))["doubts"]
    (copy,) = [r["sha256"] for r in doubts[0]["images"] if r["name"] == "copy.jpg"]
    assert "removed copy.jpg" in call("remove", copy[:12])
    assert call("check") == "nothing to complain of\n"
    # A pipe gets a line a row, with whole digests.
    assert [len(line.split()[0]) for line in call("find", one).splitlines()[1:2]] == [64]


def test_what_is_not_there(seeded_home):
    done = CliRunner().invoke(cli, ["golden", "check", "valve"])
    assert isinstance(done.exception, BadInput) or done.exit_code == 2


def test_a_bad_file_is_named_and_the_good_ones_are_kept(sage, tmp_path):
    good, bad = picture(tmp_path / "a.png", 1), tmp_path / "bad.png"
    bad.write_text("no image")
    code, out, err = sage("golden", "add", "pcb", good, bad, "--json")
    assert code == 0 and json.loads(out)["added"] == 1
    assert "bad.png" in err
    assert len(json.loads(sage("golden", "list", "--json")[1])["golden"]) == 1
    assert sage("golden", "add", "pcb", bad)[0] == 2
