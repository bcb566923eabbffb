"""A model folder on disk: finding it, what its sage.json says, and its identity. Free of torch."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadInput, RunFailed

NANO = Path(__file__).parent / "weights" / "nano"
ADAPTER = "adapter_config.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_WHOLE = 64 << 20
_PART = 1 << 20


class SageCard(BaseModel):
    """What a model folder's optional sage.json tells; unknown keys are kept for their own readers.

    Attributes:
        name: for traces; "" takes the folder's name.
        version: of the weights.
        pair_channels: images go through `pairing.pair_images` before the processor.
        image_size: side in pixels for `pair_images`.
        regions_only: it reads crops of regions; of a whole image without findings it knows nothing.
        objects: names of the objects it was trained on.
        terms: by defect type the words people ask for it with; where given, questions are answered from the findings.
        familiarity_threshold: familiarity at or below which a region is not what it was trained on.
        surprise_limit: `familiarity.surprise` of an image's windows above which the image is not of its world; None
            where it cannot tell.
        prompts_version: `prompts.PROMPTS_VERSION` at training.
        max_new_tokens: default answer length in tokens.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = ""
    version: str = ""
    pair_channels: bool = False
    image_size: int = Field(default=96, ge=8)
    regions_only: bool = False
    objects: tuple[str, ...] = ()
    terms: dict[str, tuple[str, ...]] = {}
    familiarity_threshold: float = Field(default=0.01, ge=0, le=1)
    surprise_limit: float | None = Field(default=None, ge=0)
    prompts_version: str = ""
    max_new_tokens: int | None = Field(default=None, ge=1)


def read_card(folder: Path) -> SageCard:
    """The folder's sage.json, of an adapter without one its base's, or defaults where there is none.

    Raises:
        BadInput: it is not JSON or a value does not fit; an adapter without its base.
    """
    path = folder / "sage.json"
    if not path.exists():
        base = adapter_base(folder)
        # How images are prepared is the base's matter; its name and version are not the adapter's.
        return SageCard() if base is None else read_card(base).model_copy(update={"name": "", "version": ""})
    try:
        return SageCard.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(str(path), f"{where}: {first['msg']}", "correct it") from None
    except (OSError, ValueError) as error:
        raise BadInput(str(path), f"it cannot be read ({error})", "correct it") from None


def identity(folder: Path, card: SageCard | None = None) -> str:
    """A model's name with its content, e.g. `nano@1a2b3c4d`.

    The eight hex digits are the head of a sha256 over config.json and every *.safetensors of the folder, by name, and
    where they are there over fusion.json, adapter_config.json and the adapter's base. Of a file above 64 MiB its size
    and its first and last MiB count, so that a large model is named in milliseconds.
    """
    card = card or read_card(folder)
    digest = hashlib.sha256()
    more = [path for path in (folder / "fusion.json", folder / ADAPTER) if path.exists()]
    for path in [folder / "config.json", *more, *sorted(folder.glob("*.safetensors"))]:
        digest.update(path.name.encode())
        if path.exists():
            _update(digest, path)
    base = adapter_base(folder)
    if base is not None:
        digest.update(identity(base).rpartition("@")[2].encode())
    name = card.name or _hub_name(folder) or folder.resolve().name
    return f"{name}@{digest.hexdigest()[:8]}"


def _update(digest: Any, path: Path) -> None:
    size = path.stat().st_size
    digest.update(str(size).encode())
    with path.open("rb") as file:
        if size <= _WHOLE:
            while chunk := file.read(_PART):
                digest.update(chunk)
        else:
            digest.update(file.read(_PART))
            file.seek(-_PART, os.SEEK_END)
            digest.update(file.read(_PART))


def _hub_name(folder: Path) -> str:
    """`org/name` for a snapshot in the Hugging Face cache (`models--org--name/snapshots/...`), else ""."""
    for parent in folder.absolute().parents:
        if parent.name.startswith("models--"):
            return parent.name.removeprefix("models--").replace("--", "/", 1)
    return ""


def is_hub_id(name: str) -> bool:
    """True where `name` has the form `org/name`."""
    return bool(_HUB_ID.fullmatch(name))


def find_folder(name: str, *, allow_download: bool = False) -> Path:
    """The folder of `nano`, of a path, or of a Hugging Face id in the local cache.

    Args:
        name: `nano`, a folder, or `org/name`.
        allow_download: fetch a Hugging Face id that is not cached; SAGE_INSPECT_ALLOW_DOWNLOAD=1 does the same.

    Raises:
        BadInput: no such folder, no model in it, or an id that is not cached.
        RunFailed: the download failed.
    """
    if name == "nano":
        if not (NANO / "config.json").exists():
            raise BadInput("nano", f"its weights are not in this installation ({NANO})", "reinstall sage-inspect")
        return NANO
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _checked(folder)
    if is_hub_id(name):
        return _checked(_snapshot(name, allow_download or os.environ.get("SAGE_INSPECT_ALLOW_DOWNLOAD") == "1"))
    raise BadInput(f"model {name!r}", "no such folder", "check the path, or name `nano`")


def adapter_base(folder: Path) -> Path | None:
    """The folder of the model that an adapter (PEFT) was trained on; None where `folder` holds a whole model.

    The adapter names its base as a folder (absolute, or relative to where we are or to the adapter), as `nano`, or as a
    Hugging Face id in the local cache.

    Raises:
        BadInput: adapter_config.json cannot be read, or its base is not there or an adapter itself.
    """
    path = folder / ADAPTER
    if not path.exists() or any(folder.glob("model*.safetensors")):
        return None
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(str(path), f"it names no base model ({error})", "save the adapter again with PEFT") from None
    try:
        base = folder / name if (folder / str(name)).is_dir() else find_folder(str(name))
    except BadInput as error:
        raise BadInput(f"adapter {folder}", f"its base: {error.what}: {error.why}", error.remedy) from None
    if not (base / "config.json").exists() or base.resolve() == folder.resolve() or (base / ADAPTER).exists():
        raise BadInput(f"adapter {folder}", f"its base {name} is no whole model", "merge the base first")
    return base


def _checked(folder: Path) -> Path:
    if (folder / ADAPTER).exists() and (folder / "adapter_model.safetensors").exists():
        return folder
    if not (folder / "config.json").exists():
        raise BadInput(f"model folder {folder}", "it holds no config.json", "name a folder saved by save_pretrained")
    if not any(folder.glob("*.safetensors")):
        raise BadInput(
            f"model folder {folder}",
            "it holds no *.safetensors (pickled weights are refused)",
            "save it as safetensors",
        )
    return folder


def _snapshot(name: str, allow_download: bool) -> Path:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        # Pickled weights and code are never fetched.
        return Path(
            huggingface_hub.snapshot_download(
                name, local_files_only=not allow_download, ignore_patterns=["*.bin", "*.pt", "*.pth", "*.py", "*.gguf"]
            )
        )
    except LocalEntryNotFoundError:
        if not allow_download:
            raise BadInput(
                f"model {name}",
                "not in the local cache",
                f"download it yourself with `hf download {name}` or set SAGE_INSPECT_ALLOW_DOWNLOAD=1",
            ) from None
        raise RunFailed(f"model {name}", "the hub cannot be reached", "check the network, or HF_ENDPOINT") from None
    except Exception as error:
        raise RunFailed(f"model {name}", f"the download failed ({type(error).__name__})", "check the id") from error
