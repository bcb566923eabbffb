"""One place for what a user can set: every value can come from the environment as `SAGE_INSPECT_<NAME>`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things lie and which limits hold.

    Attributes:
        home: folder of the stores (facts, golden images, image store, runs).
        model: what `--model` takes where none is named.
        device: `auto`, `cpu`, `cuda` or `mps`.
        max_pixels: images with more pixels than this are refused before decoding.
        allowed_roots: folders from which a model or a remote client may name files; empty means none.
        endpoint_timeout: seconds to wait for an OpenAI-compatible endpoint.
        threads: CPU threads for the local model; 0 chooses by its size (one below 20 M weights).
    """

    model_config = SettingsConfigDict(env_prefix="SAGE_INSPECT_", extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("sage-inspect", appauthor=False))
    model: str = "nano"
    device: str = "auto"
    max_pixels: int = 500_000_000
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
    """The process's settings, read from the environment once."""
    return Settings()
