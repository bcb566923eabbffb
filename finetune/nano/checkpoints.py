"""Checkpoints of nano's own training loops: written whole or not at all, and loaded without pickles."""

from __future__ import annotations

import contextlib
import os
import pickle
from pathlib import Path

import torch
from torch import nn

from ...errors import BadInput, RunFailed


def save_stage(
    path: Path, parts: nn.Module, optimizer: torch.optim.Optimizer, spent: float, losses: list[float]
) -> None:
    """Write a stage's state to `path`; the file before it stays until the new one is complete.

    Raises:
        RunFailed: the disk is full or the folder cannot be written.
    """
    fresh = path.with_suffix(".new")
    state = {"parts": parts.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "losses": losses}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, fresh)
        os.replace(fresh, path)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        with contextlib.suppress(OSError):  # what could not be made cannot be removed
            fresh.unlink()
        raise RunFailed(str(path), f"the checkpoint cannot be written ({error})", "free some space; resume") from None


def load_stage(path: Path, parts: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[float, list[float]]:
    """Load what `save_stage` wrote into `parts` and `optimizer`; seconds spent and losses so far (0, [] where none).

    Raises:
        BadInput: the file is cut off, or of another model.
    """
    if not path.exists():
        return 0.0, []
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        parts.load_state_dict(state["parts"])
        optimizer.load_state_dict(state["optimizer"])
        return state["spent"], state["losses"]
    except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        first = str(error).partition("\n")[0]
        why = f"it is no whole checkpoint of this model ({first})"
        raise BadInput(str(path), why, "remove it, or name another folder for the work") from None
