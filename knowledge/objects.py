"""One spelling for an object's name and for a defect's type, so that `PCB` and `bare board` find the same facts."""

from __future__ import annotations

import re

_ALIASES = {
    "printed circuit board": (
        "pcb", "bare board", "bare pcb", "circuit board", "bare printed circuit board", "bare circuit board",
        "printed wiring board", "pwb",
    ),
}  # fmt: skip
_BY_ALIAS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_CANONICAL = {
    f"{alias}{s}": name for alias, name in (*_BY_ALIAS.items(), *((n, n) for n in _ALIASES)) for s in ("", "s")
}

_TYPES = {
    "open": ("open circuit", "open trace", "open track"),
    "short": ("short circuit", "bridge", "solder bridge"),
    "mousebite": ("mouse bite", "mouse-bite"),
    "spur": (),
    "spurious copper": ("copper island", "excess copper", "extra copper"),
    "pin-hole": ("pinhole", "pin hole"),
    **dict.fromkeys(
        (
            "abrasion", "bend", "blister", "blowhole", "break", "bubble", "burr", "chip", "color", "contamination",
            "corrosion", "crack", "cut", "deformation", "delamination", "dent", "discoloration", "fray", "gouge",
            "hole", "inclusion", "misprint", "nick", "notch", "oil", "pit", "pitting", "pore", "print", "rust",
            "scratch", "scuff", "smudge", "speck", "spot", "stain", "tear", "thread", "void", "wear",
        ),
        (),
    ),
}  # fmt: skip
_TYPE_BY_NAME = {word: name for name, others in _TYPES.items() for word in (name, *others)}

MAX_NAME = 80


def normal_name(name: str) -> str:
    """An object's name as the store keeps it: lower case, single spaces for `_`, `-` and gaps, known aliases resolved.

    `normal_name("The PCB")` and `normal_name("Bare_Board")` are both `printed circuit board`; "" stays "".
    At most 80 characters are kept.
    """
    line = "".join(c if c.isprintable() else " " for c in name).lower()
    words = re.sub(r"[\s_\-]+", " ", line).strip(" .,:;!?\"'()[]<>")
    words = re.sub(r"^(?:an?|the|this|these) (?=\S)", "", words)[:MAX_NAME].strip()
    return _CANONICAL.get(words, words)


def defect_type(name: str) -> str | None:
    """The known defect type that `name` spells in the singular or plural (`Pinholes` is `pin-hole`), else None."""
    word = re.sub(r"[\s_]+", " ", name).strip().lower()
    singulars = [word]
    if word.endswith("s"):
        singulars.append(word[:-1])
    if word.endswith("es"):
        singulars.append(word[:-2])
    return next((_TYPE_BY_NAME[s] for s in singulars if s in _TYPE_BY_NAME), None)


def type_pattern() -> str:
    """A regular expression (no groups) that matches any known defect type, singular or plural, longest first."""
    names = sorted(_TYPE_BY_NAME, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(n).replace(r"\ ", r"[\s_-]") for n in names) + ")(?:e?s)?"
