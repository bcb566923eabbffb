from concurrent.futures import ThreadPoolExecutor

import pytest

from sage_inspect.errors import BadInput
from sage_inspect.tools.calibration import Calibration, CalibrationFile


def made(name="cap", threshold=0.4):
    return Calibration(object=name, threshold=threshold, rule="robust", rate=0.05, scores=(0.1, 0.2, 0.3))


def test_versions_are_kept(tmp_path):
    file = CalibrationFile(tmp_path / "home" / "thresholds.json")
    assert file.list() == ()
    assert file.add(made()).version == 1
    second = file.add(made(threshold=0.5))
    assert second.version == 2 and second.made and file.add(made("board")).version == 1
    assert file.get("cap") == second and file.get("cap", 1).threshold == 0.4
    assert [c.version for c in file.list("cap")] == [1, 2] and len(file.list()) == 3


def test_two_writers_lose_nothing(tmp_path):
    def write(number):
        return CalibrationFile(tmp_path / "t.json").add(made(threshold=number / 100)).version

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(write, range(12)))
    assert sorted(versions) == list(range(1, 13)) and len(CalibrationFile(tmp_path / "t.json").list()) == 12


def test_what_is_missing_or_broken_is_told(tmp_path):
    file = CalibrationFile(tmp_path / "t.json")
    with pytest.raises(BadInput, match="no threshold is stored"):
        file.get("cap")
    file.add(made())
    with pytest.raises(BadInput, match="version 7"):
        file.get("cap", 7)
    for text in ("{", '{"a": 1}', "[1]", '[{"object": "cap"}]'):
        file.path.write_text(text)
        with pytest.raises(BadInput, match="t.json"):
            file.list()
        with pytest.raises(BadInput):
            file.add(made())
        assert file.path.read_text() == text
