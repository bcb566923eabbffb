"""Reading recipes: TOML files that are checked as a whole, with the data they name, before any weight is loaded."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import BadInput, SageInspectError
from ..models.folder import find_folder
from .recipe import Ablation, Edpo, EvaluationSet, Lora, Model, Recipe, Sft, Stage
from .records import Example, Preference, Record, read_records

SHIPPED = Path(__file__).parent / "recipes"


def find_recipe(name: str) -> Path:
    """The file of a recipe: a path, or the name of a shipped one (`nano`, `lora-7b`).

    Raises:
        BadInput: neither.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    shipped = SHIPPED / f"{name}.toml"
    if "/" not in name and shipped.is_file():
        return shipped
    known = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.toml")))
    raise BadInput(f"recipe {name!r}", "no such file", f"give a .toml file or the name of a shipped one ({known})")


def load_recipe(name: str, stage: Stage, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and check what `stage` needs: keys, values, data files and their lines, images, the base model.

    No weight is loaded.

    Args:
        name: a file, or the name of a shipped recipe.
        stage: which part must be there, and whose data is checked.
        overrides: `key=value`, e.g. `sft.steps=20` or `out="runs/a"`; values are TOML, bare words are strings.

    Raises:
        BadInput: everything that is wrong with it, in one.
    """
    path = find_recipe(name)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), f"this is no TOML ({error})", "correct it") from None
    problems = [p for text in overrides if (p := _override(raw, text))]
    recipe: Recipe | None = None
    try:
        recipe = Recipe.model_validate(raw)
    except ValidationError as error:
        problems += [_told(one, raw) for one in error.errors()]
    # What can be read of a recipe with errors is checked as well: all is told at once.
    problems += _check_files(recipe, raw, stage)
    if problems:
        count = f"{len(problems)} errors: " if len(problems) > 1 else ""
        raise BadInput(f"recipe {path}", count + "; ".join(problems), "correct it and run again; nothing was loaded")
    assert recipe is not None
    return recipe if recipe.name else recipe.model_copy(update={"name": path.stem})


def _override(raw: dict[str, Any], text: str) -> str:
    """Sets one `key=value` in `raw`; what is wrong with it, else ""."""
    key, equals, value = text.partition("=")
    steps = key.strip().split(".")
    if not equals or not all(steps):
        return f"{text!r}: not of the form key=value"
    place: Any = raw
    for step in steps[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return f"{key.strip()}: {step} is no table"
    try:
        place[steps[-1]] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        place[steps[-1]] = value.strip()
    return ""


def _told(error: Mapping[str, Any], raw: dict[str, Any]) -> str:
    """One of pydantic's errors as a short clause; an unknown key with the known one it is nearest to."""
    where = ".".join(map(str, error["loc"])) or "the recipe"
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        return f"{where}: unknown key ({hint})"
    if error["type"] == "missing":
        return f"{where}: missing"
    told = str(error["msg"]).removeprefix("Value error, ")
    shown = "" if isinstance(error.get("input"), dict) else f"{error.get('input')!r}: "
    return f"{where}: {shown}{told}"


def _known_keys(loc: Sequence[Any]) -> list[str]:
    part: type[BaseModel] = Recipe
    for step in loc:
        part = _part_of(part, str(step))
    return list(part.model_fields)


def _part_of(part: type[BaseModel], name: str) -> type[BaseModel]:
    parts: dict[str, type[BaseModel]] = {"model": Model, "lora": Lora, "sft": Sft, "edpo": Edpo, "ablation": Ablation}
    return parts.get(name, EvaluationSet if name == "evaluate" else part)


def _check_files(recipe: Recipe | None, raw: dict[str, Any], stage: Stage) -> list[str]:
    """What is wrong with the files and the base that `stage` needs; works on a recipe that did not validate, too."""
    problems = []
    needed = {"sft": ["sft"], "edpo": ["edpo"], "ablation": ["sft", "edpo", "ablation"]}[stage]
    for name in needed:
        part = raw.get(name)
        if not isinstance(part, dict):
            problems.append(f"{name}: missing (this command runs it)")
            continue
        kind: type[Record] = Example if name == "sft" else Preference
        for key in ("train", "validation"):
            files = part.get(key, ())
            for number, file in enumerate(files if isinstance(files, list) else ()):
                told = _first_fault(Path(file), kind) if isinstance(file, str) else ""
                problems += [f"{name}.{key}[{number}]: {told}"] if told else []
    base = recipe.edpo_base() if recipe and stage == "edpo" else (raw.get("model") or {}).get("base")
    if isinstance(base, str) and base:
        try:
            find_folder(base)
        except SageInspectError as error:
            problems.append(f"{'edpo' if stage == 'edpo' else 'model'}.base: {error}")
    return problems


def _first_fault(path: Path, kind: type[Record]) -> str:
    count = 0
    try:
        for _ in read_records(path, kind):
            count += 1
    except BadInput as error:
        return str(error)
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} cannot be read ({error})"
    return "" if count else f"{path} holds no records"
