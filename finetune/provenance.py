"""Where a model comes from, beside its weights: training.json for machines, MODEL_CARD.md for people."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ..errors import BadInput
from ..models.folder import identity
from .recipe import Recipe
from .records import Record, read_records

FILE, CARD = "training.json", "MODEL_CARD.md"
LIBRARIES = ("sage-inspect", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "numpy", "pillow")
_CHUNK = 1 << 20


class DataFile(BaseModel):
    """A file of records that a run read.

    Attributes:
        path: as the recipe names it.
        sha256: of its bytes.
        records: lines.
        images: distinct image files; `images_sha256` over their sorted digests, so that a changed picture shows.
    """

    path: str
    sha256: str
    records: int
    images: int
    images_sha256: str


class Provenance(BaseModel):
    """The whole of training.json.

    Attributes:
        stage: `sft` or `edpo`.
        recipe: as it was run, defaults and overrides included.
        base: name and content of the model begun with (`models.folder.identity`).
        data: training files, then validation files.
        versions: of Python and of the libraries that matter.
        device: it ran on.
        trained: weights that learned, by part.
        started, ended: UTC; `ended` is "" while it runs.
        steps: updates made.
        losses: (step, loss) as logged; `final` its figures at the end.
        resumed: steps at which the run was taken up again.
        notes: what a reader must know.
    """

    stage: str
    recipe: dict[str, Any]
    base: str
    data: list[DataFile]
    versions: dict[str, str]
    device: str = ""
    trained: dict[str, int] = {}
    started: str = ""
    ended: str = ""
    steps: int = 0
    losses: list[tuple[int, float]] = []
    final: dict[str, float] = {}
    resumed: list[int] = []
    notes: list[str] = []

    def save(self, folder: Path) -> None:
        """Write it to `folder`, whole or not at all."""
        fresh = folder / f"{FILE}.new"
        fresh.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        fresh.replace(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Provenance | None:
        """What `folder` tells, or None where it tells nothing that can be read."""
        try:
            return cls.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


def now() -> str:
    """The time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries, those that are not installed left out."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def digest(path: Path) -> str:
    """The sha256 of a file, as `sha256sum` prints it."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()


def describe(paths: Sequence[Path], kind: type[Record]) -> list[DataFile]:
    """Digests and counts of files of records and of the images they name."""
    out = []
    for path in paths:
        images, records = set(), 0
        for record in read_records(path, kind):
            records += 1
            images |= {path.parent / image for image in record.images}
        joined = "".join(sorted(digest(image) for image in images))
        out.append(
            DataFile(
                path=str(path),
                sha256=digest(path),
                records=records,
                images=len(images),
                images_sha256=hashlib.sha256(joined.encode()).hexdigest(),
            )
        )
    return out


def begin(stage: str, recipe: Recipe, base: Path, data: list[DataFile], device: str) -> Provenance:
    """What is known of a run before its first step."""
    told = json.loads(recipe.model_dump_json(exclude_none=True))
    return Provenance(
        stage=stage, recipe=told, base=identity(base), data=data, versions=versions(), device=device, started=now()
    )


def check_same(fresh: Provenance, out: Path) -> Provenance:
    """The run in `out` that `fresh` goes on with.

    Raises:
        BadInput: it was begun with other settings, data or base: its checkpoints would not fit, or not mean the same.
    """
    before = Provenance.load(out)
    if before is None:
        return fresh
    changed = [key for key in ("stage", "base") if getattr(before, key) != getattr(fresh, key)]
    if [d.sha256 + d.images_sha256 for d in before.data] != [d.sha256 + d.images_sha256 for d in fresh.data]:
        changed.append("data")
    old, new = (_flat(p.recipe, fresh.stage) for p in (before, fresh))
    changed += sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if changed:
        why = f"the run in it was begun with another {', '.join(changed)}"
        raise BadInput(str(out), why, "resume with the same recipe, or name another folder with --out")
    return before


def _flat(recipe: dict[str, Any], stage: str) -> dict[str, Any]:
    """What of a recipe decides the weights of `stage`, by dotted key."""
    free = {"keep", "save_every", "log_every", "workers", "train", "validation"}
    flat = {"seed": recipe.get("seed")}
    for part in ("model", stage):
        for key, value in (recipe.get(part) or {}).items():
            if key not in free and (part, key) != ("model", "device"):
                flat[f"{part}.{key}"] = value
    return flat


_TEXT = """# {name}

{base} after {what} with Sage Inspect's `finetune {stage}`. Use it with `sage-inspect inspect ... --model FOLDER`.

| | |
|---|---|
| base | {base} |
| recipe | {recipe} |
| learned | {trained} |
| steps | {steps}, seed {seed}, on {device}{resumed} |
| {figures_head} | {figures} |
| versions | {versions} |

## Data

| file | records | images | sha256 |
|---|---|---|---|
{data}

## Limits

It was tuned on these data alone and knows no others; nothing here measures how it does on them. The figures above are
losses on its own training (and validation) records. Measure it on images that it never saw before it decides
anything.{notes}

Config, digests, seed, versions and the loss curve: `{file}`. Loss curves for TensorBoard: `logs/`.
"""
_WHAT = {"sft": "SFE fine-tuning (stage 1)", "edpo": "entropy-aware preference optimisation (stage 2)"}


def write_card(told: Provenance, folder: Path, name: str) -> None:
    """Write MODEL_CARD.md: base, data, recipe, steps, final figures, versions, limits."""
    part = told.recipe.get(told.stage) or {}
    keys = (
        "epochs",
        "steps",
        "batch",
        "accumulate",
        "learning_rate",
        "fusion_rate",
        "beta",
        "eta",
        "selection",
        "pairs",
    )
    settings = [f"{key} {part[key]}" for key in keys if part.get(key)]
    lora = (told.recipe.get("model") or {}).get("lora")
    settings += [f"LoRA rank {lora['rank']}"] if lora else []
    text = _TEXT.format(
        name=name,
        base=told.base,
        what=_WHAT[told.stage],
        stage=told.stage,
        recipe=", ".join(settings),
        trained=", ".join(f"{part} {count:,}" for part, count in told.trained.items()),
        steps=f"{told.steps:,}",
        seed=told.recipe.get("seed"),
        device=told.device,
        resumed=f", resumed at {', '.join(map(str, told.resumed))}" if told.resumed else "",
        figures_head="figures at the end",
        figures=", ".join(f"{key} {value:.4g}" for key, value in told.final.items()),
        versions=", ".join(f"{key} {value}" for key, value in told.versions.items()),
        data="\n".join(f"| {d.path} | {d.records:,} | {d.images:,} | {d.sha256[:16]}... |" for d in told.data),
        notes="".join(f"\n\n{note}" for note in told.notes),
        file=FILE,
    )
    (folder / CARD).write_text(text, encoding="utf-8")
