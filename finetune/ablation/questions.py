"""Questions of the ablation: about labelled images that no stage trains on, with what is known of each."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import BadInput
from ...eval.answer_scale import Truth
from ...eval.datasets import read_cases
from ..nano.evaluate_data import shared_data
from ..preferences.build import ask_crops, ask_whole
from ..preferences.leaks import check_leaks
from ..preferences.work import Work, plan
from ..recipe import EvaluationSet
from .data import without_facts

SEED = 70_009
"""Of facts, wordings and the choice of cases; the same for all runs."""


@dataclass(frozen=True)
class HeldQuestion:
    """A question that no run was trained on.

    Attributes:
        id: unique in the ablation.
        set: the set's name.
        group: its image pair; intervals are clustered by it.
        level: AD-PL's level.
        images, prompt: as the model gets them, with facts.
        truth: what is known.
    """

    id: str
    set: str
    group: str
    level: str
    images: tuple[Path, ...]
    prompt: str
    truth: Truth

    def as_asked(self, facts: bool) -> tuple[str, Truth]:
        """The prompt, and the truth as the prompt lets it be known: where no facts were recalled none is cited."""
        if facts:
            return self.prompt, self.truth
        return without_facts(self.prompt), replace(self.truth, facts=(), deciding=())


@dataclass(frozen=True)
class AskedSet:
    """The questions of one set.

    Attributes:
        questions: None where the set's folder is not there.
        leaked: questions left out because an image of theirs is in the training data too.
    """

    name: str
    questions: tuple[HeldQuestion, ...] | None
    leaked: int = 0


def ask_set(of: EvaluationSet, out: Path, trained: Sequence[Path]) -> AskedSet:
    """The questions of a set, leak-checked; its windows are written below `out`.

    Args:
        of: the recipe's part.
        out: folder for images that are cut out.
        trained: images of the training data.

    Raises:
        BadInput: the folder is missing (and not optional), holds nothing labelled, or leaks altogether.
    """
    data = find_data(of.data)
    if data is None:
        if of.optional:
            return AskedSet(of.name, None)
        raise BadInput(f"evaluation set {of.name!r}", f"{of.data} is not there", "correct data, or set optional")
    found = list(_questions(of, data, out))
    leaks = {leak.evaluation for leak in check_leaks(trained, [p for q in found for p in q.images])}
    kept = tuple(q for q in found if leaks.isdisjoint(q.images))
    if not kept:
        why = f"all {len(found)} questions are about images of the training data" if found else "it gives no question"
        raise BadInput(f"evaluation set {of.name!r}", why, "name labelled images that no stage trains on")
    return AskedSet(of.name, kept, len(found) - len(kept))


def find_data(data: Path) -> Path | None:
    """The folder as it is named, else below the shared data (`SAGE_DATA`); None where neither is there."""
    shared = shared_data()
    places = [data] if data.is_absolute() or shared is None else [data, shared / data]
    return next((place for place in places if place.exists()), None)


def _questions(of: EvaluationSet, data: Path, out: Path) -> Iterator[HeldQuestion]:
    work = plan(read_cases(data), seed=SEED, object=of.object, splits=of.splits)
    for item in _some(work, of.cases):
        rng = np.random.default_rng((SEED, zlib.crc32(item.case.id.encode())))
        build = ask_crops(item, out, rng, None) if of.crops else ask_whole(item, out, rng)
        group = f"{item.case.id}{':copy' if item.copy else ''}"
        number = 0
        for images, level, questions in build:
            for prompt, question in questions:
                number += 1
                id = f"{of.name}/{group}#{number}"
                yield HeldQuestion(id, of.name, group, level, images, prompt, question.truth)


def _some(work: list[Work], count: int) -> list[Work]:
    """`count` of the cases (0: all), as many with a defect as without where there are enough."""
    if not 0 < count < len(work):
        return work
    rng = np.random.default_rng((SEED, 3))
    order = [int(i) for i in rng.permutation(len(work))]
    bad = [i for i in order if work[i].case.label == "defect" and not work[i].copy]
    good = [i for i in order if i not in set(bad)]
    few = min(len(good), max(count // 2, count - len(bad)))
    return [work[i] for i in sorted([*good[:few], *bad[: count - few]])]
