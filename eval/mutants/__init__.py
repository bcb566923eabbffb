"""Mutants of correct traces: one fault of a known kind at a known step, to show what a scorer sees (method.md, 4).

| family | must fall | must not fall |
|---|---|---|
| verdict swapped | identification, entailment | localization |
| evidence step dropped | logic, coverage | identification |
| foreign or stale fact cited | grounding | localization |
| box moved (IoU .9 to 0) | localization, monotonically; detection is judged at IoU <= .3 | identification |
| contradiction inserted | consistency | localization |
| tool result altered after the claim | faithfulness | identification |
| dependent steps shuffled | order | identification |
| duplicate call | efficiency | every correctness score |
| neutral: paraphrase, ids renamed, box moved by 3 % of its side, independent steps commuted | none | all |

A family has one or several variants (`VARIANTS`), each a pure function `(trace, labels, rng) -> Edit | None`, in the
file of its family. One fault is planted and everything else is kept consistent: a claim that says something else says
so in its step, in the step's output, in what was made of it later, and the digests are made again. Only `record
altered` leaves a digest that does not fit: that is the fault.
"""

from . import boxes, contradiction, dropped, duplicate, facts, neutral, order, tampered, verdicts  # registering
from .boxes import DETECTABLE, STRENGTHS
from .mutant import CORRECTNESS, EVERYTHING, VARIANTS, Edit, Mutant, Mutator, Variant, mutants_of, register

__all__ = [
    "CORRECTNESS", "DETECTABLE", "EVERYTHING", "STRENGTHS", "VARIANTS", "Edit", "Mutant", "Mutator", "Variant",
    "mutants_of", "register",
]  # fmt: skip
