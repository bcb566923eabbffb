"""Training recipes: TOML files that are checked as a whole before any weight is loaded.

One recipe describes a model and its stages; a command runs the stage it is named for. Paths in it are relative to the
folder that the command runs in.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import BadInput, SageInspectError
from ..models.folder import find_folder
from .records import Example, Preference, Record, read_records

SHIPPED = Path(__file__).parent / "recipes"
Stage = Literal["sft", "edpo", "ablation"]


class Part(BaseModel):
    """What all parts share: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Lora(Part):
    """Low-rank adapters on the language model's linear layers; the projector is trained whole beside them.

    Attributes:
        rank, alpha, dropout: as PEFT has them.
    """

    rank: int = Field(default=16, ge=1, le=1024)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Model(Part):
    """The model that is tuned.

    Attributes:
        base: `nano`, a folder, or a Hugging Face id in the local cache; a folder that an earlier stage wrote keeps its
            LoRA and its fusion.
        lora: adapters instead of full tuning of the language model.
        fusion: attach SFE fusion where the base has none (method.md section 1).
        train_projector, train_language, train_vision: which parts learn; the encoder is frozen by default.
        precision: of the arithmetic; `auto` is bf16 on a GPU and fp32 elsewhere.
        checkpointing: recompute activations in the backward pass, for less memory.
        device: `auto`, `cpu`, `cuda`; several GPUs come from `accelerate launch`.
    """

    base: str = Field(min_length=1)
    lora: Lora | None = None
    fusion: bool = True
    train_projector: bool = True
    train_language: bool = True
    train_vision: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    checkpointing: bool = False
    device: str = "auto"


class Training(Part):
    """What both stages have.

    Attributes:
        train: files of records (records.py), JSONL.
        validation: as `train`; the loss over it is logged at every checkpoint.
        epochs: passes over `train`; `steps`, where above 0, ends the run earlier or later.
        batch: records a step and device; `accumulate` such batches make one update.
        learning_rate: the highest, reached after `warmup` (a share of the steps below 1, else steps).
        schedule: of the rate after that.
        clip: of the gradient's norm.
        save_every: updates between checkpoints, of which the last `keep` stay.
        log_every: updates between lines of the log.
        max_length: longest record in tokens; None takes the model's context. Nothing is ever cut off.
        group_by_length: batches of records of like length, for less padding.
        workers: processes that prepare batches; 0 prepares them in the training process.
    """

    train: tuple[Path, ...] = Field(min_length=1)
    validation: tuple[Path, ...] = ()
    epochs: float = Field(default=1, gt=0)
    steps: int = Field(default=0, ge=0)
    batch: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=4e-5, gt=0, lt=1)
    warmup: float = Field(default=0.03, ge=0)
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "cosine"
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    save_every: int = Field(default=200, ge=1)
    keep: int = Field(default=2, ge=1)
    log_every: int = Field(default=10, ge=1)
    max_length: int | None = Field(default=None, ge=16)
    group_by_length: bool = True
    workers: int = Field(default=0, ge=0, le=64)


class Sft(Training):
    """Stage 1 (method.md section 1): cross entropy on the answer.

    Attributes:
        fusion_rate: learning rate of the fusion, which starts at zero effect and hardly moves at the model's rate.
    """

    fusion_rate: float = Field(default=1e-3, gt=0, lt=1)


class Edpo(Training):
    """Stage 2 (method.md section 2); `batch` counts questions.

    Attributes:
        base: the model after stage 1; "" takes the stage 1 output of the same recipe.
        beta, eta, tau: of the objective.
        selection: reading of the entropy difference.
        pairs: which pairs of a question's ranked answers are used.
        preference_weight, bco_weight, sft_weight: of the preference term, the BCO term (far pair) and the
            cross-entropy term (best answer).
    """

    base: str = ""
    learning_rate: float = Field(default=5e-6, gt=0, lt=1)
    beta: float = Field(default=0.1, gt=0)
    eta: float = Field(default=1.0, ge=0)
    tau: float = Field(default=1.0, gt=0)
    selection: Literal["pairwise", "term", "score"] = "pairwise"
    pairs: Literal["far+near", "far", "near"] = "far+near"
    preference_weight: float = Field(default=0.8, ge=0)
    bco_weight: float = Field(default=0.2, ge=0)
    sft_weight: float = Field(default=1.0, ge=0)


class EvaluationSet(Part):
    """Labelled images that the ablation asks about and no stage trains on.

    Attributes:
        name: in the table.
        data: a folder that eval/datasets reads; one that is not there is looked for in the shared data (`SAGE_DATA`).
        splits: cases of these only; empty: all.
        crops: ask about windows around regions, as the agent does, instead of whole images.
        cases: how many are asked about; 0: all.
        object: what the images show; None takes the set's name for it.
        optional: without its folder it is left out, and the table says so.
    """

    name: str = Field(min_length=1)
    data: Path
    splits: tuple[str, ...] = ()
    crops: bool = False
    cases: int = Field(default=0, ge=0)
    object: str | None = None
    optional: bool = False


class Ablation(Part):
    """The paper's six rows on this recipe's model and data; the steps of [sft] and [edpo] are the budget of a run.

    Attributes:
        evaluate: what is asked.
        seeds: one run of each row a seed.
        minutes: wall time that one run may take, both stages together; the table tells what the slowest took.
        written: questions of each set that are answered in words as well, for the answer score.
    """

    evaluate: tuple[EvaluationSet, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    minutes: float = Field(default=5, gt=0)
    written: int = Field(default=60, ge=0)

    @model_validator(mode="after")
    def _twice(self) -> Ablation:
        for what, given in (("evaluate", [one.name for one in self.evaluate]), ("seeds", list(self.seeds))):
            if len(set(given)) < len(given):
                raise ValueError(f"{what} holds one twice")
        return self


class Recipe(Part):
    """A whole recipe.

    Attributes:
        out: folder of the runs; stage 1 writes to `out/sft`, stage 2 to `out/edpo`, the ablation to `out/ablation`.
        name: for sage.json and traces; "" takes the recipe's file name.
        seed: of data order, initialisation and dropout.
    """

    out: Path
    name: str = ""
    seed: int = Field(default=0, ge=0, lt=2**31)
    model: Model
    sft: Sft | None = None
    edpo: Edpo | None = None
    ablation: Ablation | None = None

    @model_validator(mode="after")
    def _stages(self) -> Recipe:
        if not (self.sft or self.edpo):
            raise ValueError("neither [sft] nor [edpo] is there: nothing to train")
        return self

    def folder(self, stage: Stage) -> Path:
        """Where `stage` writes."""
        return self.out / stage

    def edpo_base(self) -> str:
        """The model that stage 2 begins with: its own base, else stage 1's output, else the recipe's base."""
        if self.edpo and self.edpo.base:
            return self.edpo.base
        return str(self.folder("sft")) if self.sft else self.model.base


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
