"""Facts in a prompt's text: which lines they are, and the tokens around them. Free of torch.

`prompts.facts_block` writes one fact a line, `[F1] ...`; nothing that came from outside can begin a line so
(`prompts.as_data`). A model with trained fusion reads each such line between two added tokens (method.md, section 1).
"""

from __future__ import annotations

import re

OPEN = "<fact>"
"""Token before a fact."""

CLOSE = "</fact>"
"""Token after a fact: its embedding receives what the fact attends to in the image."""

_LINE = re.compile(r"^\[F\d+\] [^\r\n]*", re.MULTILINE)


def wrap_facts(text: str, opening: str = OPEN, closing: str = CLOSE) -> str:
    """`text` with every line that begins with `[F<number>] ` put between the two tokens; other lines as they are.

    Call it on text in which special tokens were made harmless (`Prompter.harmless`), so that only the tokens put here
    are ones: inference and training then agree token for token.
    """
    return _LINE.sub(lambda match: f"{opening}{match[0]}{closing}", text)
