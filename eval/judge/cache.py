"""A judge's replies on disk, by content: what was asked once of the same model is not asked again, after a kill too."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path

from ...errors import RunFailed


def key_of(*parts: str) -> str:
    """sha256 over all that a reply depends on: model, prompts' version, messages, temperature, repeat."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class Replies:
    """Replies by key, one small file each; safe for several threads and processes.

    Args:
        folder: made at the first reply; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        """The reply under a key; None where there is none that can be read."""
        if self._folder is None:
            return None
        try:
            reply = json.loads(self._path(self._folder, key).read_text(encoding="utf-8"))["reply"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return reply if isinstance(reply, str) else None

    def put(self, key: str, reply: str, **about: str) -> None:
        """Keep a reply, whole or not at all, with what it is about for people who look.

        Raises:
            RunFailed: it cannot be written.
        """
        if self._folder is None:
            return
        path = self._path(self._folder, key)
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({**about, "reply": reply}, ensure_ascii=False) + "\n", encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            why = f"a judge's reply cannot be kept ({error.strerror or error})"
            raise RunFailed(str(self._folder), why, "free space or name another folder") from None

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key[2:]}.json"
