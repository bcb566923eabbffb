"""Records of stage 2 as E-DPO trains on them: a question, the two to four answers that its pairs use, the pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ...errors import BadInput
from ..records import Preference, RankedAnswer, read_records
from .loss import Pair, PairSet, Reading, choose_pairs, rank_scores


@dataclass(frozen=True)
class Question:
    """A question with the answers that its pairs compare.

    Attributes:
        id: of the record.
        images: paths of the test image, then of the reference where there is one.
        prompt: the text after the images.
        answers: best first; the first is a_1 of the record.
        pairs: indices refer to `answers`.
        rank_only: the record had ranks but no scores.
    """

    id: str
    images: tuple[Path, ...]
    prompt: str
    answers: tuple[str, ...]
    pairs: tuple[Pair, ...]
    rank_only: bool = False

    def key(self, answer: int) -> str:
        """A digest of what the log-probabilities of `answers[answer]` depend on beside the model."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (*map(_content, self.images), self.prompt, self.answers[answer]):
            digest.update(hashlib.blake2b(part.encode()).digest())
        return digest.hexdigest()


@lru_cache(maxsize=65536)
def _content(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


@dataclass
class Questions:
    """The questions of one or more files and what became of their records.

    Attributes:
        items: questions with at least one pair.
        records: lines read.
        tied: ids of records without a preference pair (equal scores, or the same text throughout); they are left out.
        rank_only: records without scores; where there are any, the run is marked.
    """

    items: list[Question] = field(default_factory=list)
    records: int = 0
    tied: list[str] = field(default_factory=list)
    rank_only: int = 0

    @property
    def pairs(self) -> int:
        """Preference pairs of all questions: the unit in which ablations are given the same budget."""
        return sum(len(q.pairs) for q in self.items)

    def steps_for(self, pairs: int, batch: int) -> int:
        """Updates of `batch` questions after which about `pairs` pairs were seen, at least 1."""
        return max(1, round(pairs / (self.pairs / max(1, len(self.items))) / batch))

    def told(self) -> str:
        """One line for people."""
        text = f"{len(self.items)} questions with {self.pairs} preference pairs"
        if self.tied:
            text += f"; {len(self.tied)} left out: their answers carry no preference"
        if self.rank_only:
            text += f"; {self.rank_only} rank-only (no scores: the margins come from ranks)"
        return text


def to_question(
    record: Preference,
    folder: Path,
    *,
    reading: Reading = "pairwise",
    tau: float = 1.0,
    pairs: PairSet = "far+near",
    answers: int | None = None,
) -> Question | None:
    """The question of a record, or None where it carries no preference.

    Of answers with the same text the best ranked counts: one text cannot be better than itself.

    Args:
        record: answers best first.
        folder: that the record's image paths are relative to.
        reading, tau, pairs: of `edpo.choose_pairs`.
        answers: how many the record must have, None for any number from 2 on.

    Raises:
        BadInput: another number of answers.
    """
    if answers is not None and len(record.answers) != answers:
        raise BadInput(f"record {record.id}", f"it has {len(record.answers)} answers, not {answers}", "complete it")
    first: dict[str, RankedAnswer] = {}
    for answer in record.answers:
        first.setdefault(answer.text, answer)
    ranked = list(first.values())
    if len(ranked) < 2:
        return None
    known = [a.score for a in ranked if a.score is not None]
    rank_only = not known
    chosen = choose_pairs(known or rank_scores(len(ranked)), rank_only=rank_only, reading=reading, tau=tau, pairs=pairs)
    if not chosen:
        return None
    used = sorted({0, *(i for pair in chosen for i in (pair.winner, pair.loser))})
    return Question(
        id=record.id,
        images=tuple(folder / image for image in record.images),
        prompt=record.prompt,
        answers=tuple(ranked[i].text for i in used),
        pairs=tuple(Pair(used.index(p.winner), used.index(p.loser), p.delta, p.kind) for p in chosen),
        rank_only=rank_only,
    )


def gather(
    records: Iterable[tuple[Preference, Path]],
    *,
    reading: Reading = "pairwise",
    tau: float = 1.0,
    pairs: PairSet = "far+near",
    answers: int | None = None,
) -> Questions:
    """The questions of `(record, folder of its images)`; arguments and errors as `to_question`.

    Raises:
        BadInput: also an id that occurs twice, and no question with a preference at all.
    """
    found, ids = Questions(), set[str]()
    for record, folder in records:
        if record.id in ids:
            raise BadInput(f"record {record.id}", "this id occurs twice", "give every record its own id")
        ids.add(record.id)
        found.records += 1
        question = to_question(record, folder, reading=reading, tau=tau, pairs=pairs, answers=answers)
        if question is None:
            found.tied.append(record.id)
        else:
            found.items.append(question)
            found.rank_only += question.rank_only
    if not found.items:
        raise BadInput(
            f"{found.records} records", "none of them carries a preference", "give answers that differ in their scores"
        )
    return found


def read_questions(
    paths: Sequence[Path],
    *,
    reading: Reading = "pairwise",
    tau: float = 1.0,
    pairs: PairSet = "far+near",
    answers: int | None = None,
) -> Questions:
    """The questions of files of `Preference` records (records.py); arguments and errors as `gather`."""
    lines = ((record, path.parent) for path in paths for record in read_records(path, Preference))
    return gather(lines, reading=reading, tau=tau, pairs=pairs, answers=answers)
