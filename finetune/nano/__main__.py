"""Train nano from nothing: `python -m sage_inspect.finetune.nano --out DIR --minutes M` (train.py says how)."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import cv2
import torch

from .train import STAGES, Recipe, run, train


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="sage_inspect.finetune.nano", description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for the model's files")
    parser.add_argument("--minutes", type=float, default=Recipe.minutes, help="wall time for training")
    parser.add_argument("--work", type=Path, help="folder for pools and checkpoints (default: under the temp folder)")
    parser.add_argument("--only", choices=STAGES, help="run one stage, write no model")
    parser.add_argument("--resume", action="store_true", help="go on with the checkpoints in --work")
    parser.add_argument("--export", action="store_true", help="write the files from the checkpoints, train nothing")
    parser.add_argument(
        "--windows", type=int, default=Recipe.pools[0], help="drawn of all families; of boards half as many"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda; drawing stays on the CPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a sentence for the model card")
    given = parser.parse_args(arguments)
    if not given.only and not given.out:
        parser.error("--out is needed (or --only a stage)")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    work = given.work or Path(tempfile.gettempdir()) / "sage-nano"
    if not (given.resume or given.export):
        for stage in (given.only,) if given.only else STAGES:
            (work / f"{stage}.pt").unlink(missing_ok=True)
        if not given.only:
            shutil.rmtree(work / "tokenizer", ignore_errors=True)
    pools = (given.windows, given.windows // 2)
    recipe = Recipe(minutes=given.minutes, pools=pools, seed=given.seed, device=given.device)
    if given.only:
        train(work, recipe, stages=(given.only,))
        print(f"wrote {work / given.only}.pt")
        return
    run(given.out, work, recipe, only_export=given.export, note=given.note)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
