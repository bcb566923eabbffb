"""What a family of the synthetic world is: how its objects are drawn, their defects, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class DefectType:
    """A kind of defect and what is known of it.

    Every text is a clause in lower case without a full stop, in the template language of `wording.say` (`{a|b}`
    chooses, `<place>` never occurs); several wordings each, none of which names another type.

    Attributes:
        name: `scratch`, `missing tooth`; singular, lower case, one to three words.
        change: what a comparison says of it mostly.
        looks: what is seen, as the reason of a verdict: `{a thin bright line crosses the surface|...}`; two or more.
        effects: what it does to function: `it {weakens|thins} the conductor`; one or more.
        causes: where it comes from: `{a burr|dirt} on the mould`; one or more.
        synonyms: other names, each of which means this type alone within its family.
        logical: a thing missing, extra, swapped or wrong in number, rather than damage.
    """

    name: str
    change: Literal["added", "missing", "altered"]
    looks: tuple[str, ...]
    effects: tuple[str, ...]
    causes: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    logical: bool = False


@dataclass(frozen=True)
class Scene:
    """A golden picture and the same thing with defects, before nuisance: aligned, in the same light.

    Attributes:
        golden, test: RGB, `uint8[size, size, 3]`. Where no defect lies both are equal, benign variation apart.
        defects: type name and mask (`bool[size, size]`, the changed pixels) of each, none empty, none overlapping.
    """

    golden: Rgb
    test: Rgb
    defects: tuple[tuple[str, Mask], ...]


@dataclass(frozen=True)
class Family:
    """One family.

    Attributes:
        name: `bare board`, `metal nut`; unique.
        object: what prompts call it, e.g. `printed circuit board`.
        types: its defects.
        normal: clauses on the normal look, as in `DefectType.looks`; two or more.
        about: clauses on what the object is and does; one or more.
        draw: `(rng, size, types) -> Scene`: one object, every domain parameter drawn from `rng`, with one defect of
            each name in `types` (in that order; an empty sequence: none). A defect that finds no room is left out
            of `Scene.defects` rather than forced.
        held_out: never trained on: for zero-shot evaluation.
    """

    name: str
    object: str
    types: tuple[DefectType, ...]
    normal: tuple[str, ...]
    about: tuple[str, ...]
    draw: Callable[[np.random.Generator, int, Sequence[str]], Scene]
    held_out: bool = False

    def type(self, name: str) -> DefectType:
        """The type called `name`.

        Raises:
            KeyError: the family has none of that name.
        """
        for one in self.types:
            if one.name == name:
                return one
        raise KeyError(f"{self.name} has no defect {name!r}")
