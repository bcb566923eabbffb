"""The stores that an inspection reads and writes, opened together from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..images import ImageStore
from ..knowledge.facts import FactStore
from ..knowledge.golden import GoldenLibrary
from ..settings import Settings, get_settings


class Stores(NamedTuple):
    """Images by digest, facts, golden images, and the file that reviewers' corrections are appended to."""

    images: ImageStore
    facts: FactStore
    golden: GoldenLibrary
    preferences: Path


def open_stores(settings: Settings | None = None, *, confined: bool = False) -> Stores:
    """Open (and on first use make and seed) the stores under `settings.home`.

    Args:
        settings: the process's settings where None.
        confined: a model or a remote client chooses paths: only `settings.allowed_roots` may be read.

    Raises:
        BadInput, RunFailed: a store cannot be opened; one line says why and what to do.
    """
    settings = settings or get_settings()
    images = ImageStore(
        settings.images_dir,
        max_pixels=settings.max_pixels,
        roots=settings.allowed_roots if confined else None,
    )
    facts = FactStore(settings.chroma_dir)
    facts.seed_starter()
    return Stores(images, facts, GoldenLibrary(settings.chroma_dir, images), settings.home / "preferences.jsonl")
