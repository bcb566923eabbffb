"""What a mutant is, and the registry of the families that make them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ...schema import Trace
from ..labels import Labels

CORRECTNESS = (
    "identification", "localization", "detection", "entailment", "grounding", "faithfulness", "consistency",
    "coverage", "order", "logic",
)  # fmt: skip
"""Every metric that says whether something is right (eval/scores.py, and the axis `logic`)."""
EVERYTHING = (*CORRECTNESS, "efficiency", "heat")


@dataclass(frozen=True)
class Edit:
    """What a mutator gives back.

    Attributes:
        trace: the edited trace.
        step: id of the step at which the first error lies, as ids stand in `trace`; None where none was planted.
        note: what was done, one line.
    """

    trace: Trace
    step: str | None
    note: str


Mutator = Callable[[Trace, Labels, np.random.Generator], "Edit | None"]
"""A pure function: the trace with one fault planted, or None where this trace has no place for it."""


@dataclass(frozen=True)
class Variant:
    """One way of planting a family's fault.

    Attributes:
        family, name: `name` is unique among all variants.
        make: the mutator.
        falls: metrics that must fall (one that falls is enough to detect it); empty for a neutral edit.
        holds: metrics that must not fall.
        strength: how far a moved box still agrees with where it was (IoU); None where there is no scale.
        series: variants of one series draw alike, so that their boxes move along one line.
    """

    family: str
    name: str
    make: Mutator = field(repr=False)
    falls: tuple[str, ...]
    holds: tuple[str, ...]
    strength: float | None = None
    series: str = ""

    @property
    def neutral(self) -> bool:
        """True where nothing wrong is planted and no alarm is due."""
        return not self.falls


@dataclass(frozen=True)
class Mutant:
    """A correct trace with one known fault, or with an edit that is none.

    Attributes:
        trace: the mutant; its run's id is the correct trace's.
        family, variant: what was planted, and how.
        strength: see `Variant`.
        step: id of the step at which the first error lies; None for a neutral edit.
        falls, holds: metrics that must fall (at least one), and that must not.
        note: what was done, one line.
    """

    trace: Trace
    family: str
    variant: str
    strength: float | None
    step: str | None
    falls: tuple[str, ...]
    holds: tuple[str, ...]
    note: str


VARIANTS: dict[str, Variant] = {}


def register(variant: Variant) -> None:
    """Add a variant; a second one of the same name is an error."""
    if variant.name in VARIANTS:
        raise ValueError(f"a variant named {variant.name!r} is registered already")
    VARIANTS[variant.name] = variant


def mutants_of(trace: Trace, labels: Labels | None = None, *, seed: int = 0) -> Iterator[Mutant]:
    """Every mutant that a correct trace has a place for, in the order of the registry.

    Args:
        trace: a trace in which nothing is wrong.
        labels: what is true of its image; None where that is not known (a moved box may then hit another defect).
        seed: with the run's id and the variant's series it makes the draws repeatable.
    """
    for variant in VARIANTS.values():
        edit = variant.make(trace, labels or Labels(), _generator(trace, variant, seed))
        if edit is not None:
            yield Mutant(
                trace=edit.trace, family=variant.family, variant=variant.name, strength=variant.strength,
                step=None if variant.neutral else edit.step, falls=variant.falls, holds=variant.holds, note=edit.note,
            )  # fmt: skip


def _generator(trace: Trace, variant: Variant, seed: int) -> np.random.Generator:
    key = f"{trace.run}\0{variant.series or variant.name}".encode()
    return np.random.default_rng((seed, int.from_bytes(hashlib.sha256(key).digest()[:8])))
