"""Many wordings from few templates: `{a|b|c}` chooses, nested braces allowed, `<name>` is filled in.

Also what the six defect types are called, and which of them a sentence is about.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from ..boards.defects import TYPES

MASS = frozenset({"contamination", "corrosion", "flash", "rust", "missing grout", "missing thread", "low fill", "dirt"})
"""Names without article and plural."""
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<(\w+)>")

_NAMES = {
    "open": r"opens?|broken|breaks?\b(?! later)|interrupted",
    "short": r"shorts?|bridges?",
    "mousebite": r"mouse ?bites?",
    "spur": r"spurs?|spikes?",
    "spurious copper": r"spurious copper|copper islands?|islands? of copper",
    "pin-hole": r"pin[- ]?holes?",
}
_PATTERNS = {kind: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for kind, pattern in _NAMES.items()}
_ASIDE = re.compile(r"\b(unlike|than|without becoming|rather than|not) (an?|the) [\w -]+?,|later bridge", re.I)


def say(rng: np.random.Generator, template: str, **slots: str) -> str:
    """One wording of `template`; `<name>` becomes `slots[name]`, `<Name>` the same with a capital."""
    text = template
    while (match := _CHOICE.search(text)) is not None:
        options = match.group(1).split("|")
        text = text[: match.start()] + options[int(rng.integers(len(options)))] + text[match.end() :]
    text = " ".join(_SLOT.sub(lambda m: _fill(m.group(1), slots), text).split())
    return text.replace(" .", ".").replace(" ?", "?")


def pattern(template: str) -> str:
    """A regular expression that matches every wording of `template`; a slot matches anything."""
    out = ""
    for part in re.split(r"([{}|]|<\w+>)", template):
        out += {"{": "(?:", "}": ")", "|": "|"}.get(part, ".*" if re.fullmatch(r"<\w+>", part) else re.escape(part))
    return re.sub(r"(\\ )+", r"\\s*", out)


def _fill(name: str, slots: dict[str, str]) -> str:
    if name in slots:
        return slots[name]
    return capital(slots[name.lower()])


def capital(text: str) -> str:
    """`text` with its first letter large."""
    return text[:1].upper() + text[1:]


def with_article(name: str) -> str:
    """`an open`, `a spur`, `spurious copper`."""
    if name.endswith("copper") or name in MASS:
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def plural(name: str) -> str:
    """`opens`, `spurs`, `islands of spurious copper`."""
    if name.endswith("copper"):
        return f"islands of {name}"
    if name.endswith("tooth"):
        return name[:-5] + "teeth"
    if name in MASS:
        return name
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


@lru_cache(maxsize=4096)
def types_in(text: str) -> tuple[str, ...]:
    """The defect types a sentence is about, in order of mention; those it only compares with are left out."""
    kept = _ASIDE.sub(" ", text)
    found = [(m.start(), kind) for kind in TYPES if (m := _PATTERNS[kind].search(kept)) is not None]
    return tuple(kind for _, kind in sorted(found))
