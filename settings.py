"""One place for what a user can set: every value can come from the environment as `SAGE_INSPECT_<NAME>`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from .errors import BadInput

_PREFIX = "SAGE_INSPECT_"
_REMEDY = "correct or unset it"


class Settings(BaseSettings):
    """Where things lie and which limits hold.

    Attributes:
        home: folder of the stores (facts, golden images, image store, runs).
        model: what `--model` takes where none is named.
        encoder: what describes photographs for comparison: `efficientnet`, `classical`, `nano`, a folder or HF id.
        device: `auto`, `cpu`, `cuda` or `mps`.
        max_pixels: images with more pixels than this (100 million) are refused before decoding.
        mm_per_pixel: scale of the camera set-up, so that acceptance criteria in mm can be checked; none unless set.
        allowed_roots: folders from which a model or a remote client may name files; empty means none.
        endpoint_timeout: seconds to wait for an OpenAI-compatible endpoint.
        threads: CPU threads for the local model; 0 chooses by its size (one below 20 M weights).
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("sage-inspect", appauthor=False))
    model: str = "nano"
    encoder: str = "efficientnet"
    device: str = "auto"
    max_pixels: int = Field(default=100_000_000, gt=0)
    mm_per_pixel: float | None = Field(default=None, gt=0, le=1000)
    allowed_roots: tuple[Path, ...] = ()
    endpoint_timeout: float = 60.0
    threads: int = 0

    @property
    def images_dir(self) -> Path:
        """Folder of the content-addressed image store."""
        return self.home / "images"

    @property
    def chroma_dir(self) -> Path:
        """Folder of the Chroma store (facts, golden images)."""
        return self.home / "chroma"

    @property
    def runs_dir(self) -> Path:
        """Folder under which runs are written where no `--out` is given."""
        return self.home / "runs"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read from the environment once.

    Raises:
        BadInput: a variable whose value cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "settings"
        what, value = f"{_PREFIX}{field.upper()}", first.get("input")
        raise BadInput(what, f"{value!r} cannot be used ({first['msg']})", _REMEDY) from None
    except SettingsError as error:
        field = next((f for f in Settings.model_fields if f'"{f}"' in str(error)), "")
        what = f"{_PREFIX}{field.upper()}" if field else "settings"
        raise BadInput(what, 'it is no JSON list, e.g. ["/data/images"]', _REMEDY) from None
