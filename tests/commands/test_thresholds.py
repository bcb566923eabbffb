import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from sage_inspect.agents.stores import open_stores
from sage_inspect.commands.thresholds import calibrate, drifted, flagged, thresholds
from sage_inspect.errors import BadInput
from sage_inspect.settings import get_settings


def cap(seed, noise=3.0):
    """A grey cap on a light ground, with camera noise."""
    image = np.full((120, 160, 3), 220, np.float32)
    cv2.circle(image, (80, 60), 40, (90, 110, 130), -1)
    cv2.rectangle(image, (70, 30), (90, 50), (160, 60, 50), -1)
    image = cv2.GaussianBlur(image, (0, 0), 1) + np.random.default_rng(seed).normal(0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SAGE_INSPECT_HOME", str(tmp_path))
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def run(command, *given):
    """The parsed JSON of a command and its exit code."""
    done = CliRunner().invoke(command, [*given, "--json"], standalone_mode=True)
    if isinstance(done.exception, BadInput):
        raise done.exception
    return json.loads(done.stdout), done.exit_code


def test_calibrate_then_flag_then_drift(home):
    open_stores().golden.add("cap", [cap(s) for s in range(8)])
    made, _ = run(calibrate, "Cap")
    assert made["version"] == 1 and len(made["scores"]) == len(made["goldens"]) == 8
    assert max(made["scores"]) < 0.5 and 0 < made["threshold"] < 0.8
    again, _ = run(calibrate, "cap", "--miss", "100", "--overkill", "10", "--defects", "0.001")
    assert again["version"] == 2 and again["rate"] < 0.01 and again["threshold"] > made["threshold"]
    assert [c["version"] for c in run(thresholds)[0]["thresholds"]] == [1, 2]
    assert flagged(0.99, "cap") == (True, again["threshold"], 2) and not flagged(0.0, "CAP", 1)[0]
    paths = []
    for seed in range(6):
        paths.append(str(home / f"{seed}.png"))
        Image.fromarray(cap(50 + seed, 14.0)).save(paths[-1])
    told, code = run(drifted, "cap", *paths, "--fail")
    assert told["drifted"] and told["higher"] > 0.9 and code == 1
    for seed, path in enumerate(paths):
        Image.fromarray(cap(90 + seed)).save(path)
    calm, code = run(drifted, "cap", *paths, "--fail")
    assert not calm["drifted"] and code == 0


def test_what_cannot_be_done_is_told(home):
    with pytest.raises(BadInput, match="no golden image"):
        run(calibrate, "cap")
    open_stores().golden.add("cap", [cap(s) for s in range(6)])
    with pytest.raises(BadInput, match="19 golden images"):
        run(calibrate, "cap", "--rule", "conformal")
    with pytest.raises(BadInput, match="belong together"):
        run(calibrate, "cap", "--miss", "3")
    with pytest.raises(BadInput, match="no threshold"):
        flagged(0.5, "cap")
    # Costs that are no numbers were stored as a threshold of rate 1/e.
    with pytest.raises(BadInput, match="a cost is a number above 0"):
        run(calibrate, "cap", "--miss", "nan", "--overkill", "1", "--defects", "0.01")
    assert run(thresholds)[0]["thresholds"] == []
    run(calibrate, "cap")
    with pytest.raises(BadInput, match="level nan"):
        run(drifted, "cap", "recent.png", "--level", "nan")
    # Before a single image is compared (this one does not exist).
    with pytest.raises(BadInput, match="1 recent and 6 stored"):
        run(drifted, "cap", "recent.png")


def test_a_user_reaches_them_from_the_command_line(home):
    from sage_inspect.cli import cli

    def main(*given):
        done = CliRunner().invoke(cli, [*map(str, given), "--json"])
        assert done.exception is None, done.exception
        return json.loads(done.stdout)

    files = [home / f"{i}.png" for i in range(6)]
    for i, file in enumerate(files):
        Image.fromarray(cap(i)).save(file)
    dented = cap(9)
    cv2.circle(dented, (95, 75), 7, (20, 20, 20), -1)
    Image.fromarray(dented).save(home / "dented.png")
    main("golden", "add", "cap", *files[:5])
    assert main("golden", "calibrate", "cap")["version"] == 1
    assert [row["object"] for row in main("golden", "thresholds")["thresholds"]] == ["cap"]
    bad, good = (main("compare", f, "--object", "cap") for f in (home / "dented.png", files[5]))
    assert bad["flagged"] is True and good["flagged"] is False
    assert bad["threshold"] == good["threshold"] and len(bad["references"]) == 5
    with pytest.raises(AssertionError, match="a rank test needs 5"):
        main("golden", "drift", "cap", files[5])


def test_what_cannot_be_compared_does_not_pass(home):
    from sage_inspect.cli import cli

    open_stores().golden.add("cap", [cap(s) for s in range(6)])
    run(calibrate, "cap")
    # A sliver of the picture overlaps by next to nothing, whatever its score.
    Image.fromarray(cap(9)[:, :9]).save(home / "sliver.png")
    done = CliRunner().invoke(cli, ["compare", str(home / "sliver.png"), "--object", "cap"])
    assert done.exception is None, done.exception
    lines = done.stdout.splitlines()
    assert lines[0].startswith("not compared: ") and "nothing" not in lines
    assert "flagged: what cannot be compared does not pass" in lines
    done = CliRunner().invoke(cli, ["compare", str(home / "sliver.png"), "--object", "cap", "--json"])
    report = json.loads(done.stdout)
    assert report["flagged"] is True and not report["registration"]["comparable"]
