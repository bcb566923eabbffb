"""`make demo`: inspect a pair of boards that the project draws itself, and say where the report lies."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from ..finetune.world.boards.pair import draw_pair

SEED = 35
QUESTION = "Is any conductor broken?"


def main() -> None:
    """Draw the pair, then run the command that a user would type."""
    folder = Path(tempfile.mkdtemp(prefix="sage-inspect-demo-"))
    drawn, good, planted = draw_pair(SEED, defects=3)
    test, golden = folder / "board.png", folder / "golden.png"
    drawn.save(test)
    good.save(golden)
    words = ["inspect", str(test), "--reference", str(golden), "--question", QUESTION, "--out", str(folder / "run")]
    print("$ sage-inspect " + " ".join(f'"{w}"' if " " in w else w for w in words), flush=True)
    code = subprocess.call([sys.executable, "-m", "sage_inspect.cli", *words])
    print("what was planted: " + ", ".join(f"{kind} at {list(box)}" for box, kind in planted))
    sys.exit(code)


if __name__ == "__main__":
    main()
