"""What can fail in a store's folder, as one line each: Chroma, its Rust core, SQLite, the disk, another writer."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadInput, RunFailed

DATABASE = "chroma.sqlite3"
ELSEWHERE = "name another folder (SAGE_INSPECT_HOME)"


class Busy(RunFailed):
    """Somebody else writes to the store just now."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors inside are raised as `BadInput` or `RunFailed`; what is none of the store's passes through."""
    try:
        yield
    except sqlite3.Error as error:
        raise _failed(path, str(error)) from None
    except OSError as error:
        raise _failed(path, error.strerror or str(error)) from None
    except BaseException as error:
        if is_panic(error):
            raise damaged(path, error) from None
        if "chromadb.errors" not in sys.modules:  # readers never load it
            raise
        from chromadb.errors import ChromaError, InvalidDimensionException

        if isinstance(error, InvalidDimensionException):
            raise BadInput(str(path), f"written with another embedding ({error})", ELSEWHERE) from None
        if isinstance(error, ChromaError):
            raise _failed(path, str(error)) from None
        raise


def busy(path: Path, seconds: float) -> Busy:
    """The lock could not be had."""
    return Busy(str(path), f"another process has held it for {seconds:.0f} s", "wait for it or end it")


def damaged(path: Path, panic: BaseException) -> BadInput:
    """Chroma's core panicked on the database in folder `path`."""
    why = f"Chroma's core gave up on the database ({str(panic)[:120]})"
    return BadInput(str(path / DATABASE), why, f"restore it from a copy, or {ELSEWHERE}")


def is_panic(error: BaseException) -> bool:
    """True for a panic in Chroma's Rust core; its type cannot be imported, and it is no `Exception`."""
    return type(error).__name__ == "PanicException"


def _failed(path: Path, why: str) -> RunFailed:
    return RunFailed(str(path), f"the store failed ({why[:160]})", "free space, or restore it")
