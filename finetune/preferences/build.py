"""AD-PL as a recipe: ranked answers from any labelled image set (method.md section 3).

For each case: questions at three levels (questions.py), the correct answer, candidates from scripted corruptions and,
where a model is given, from the policy itself; all scored against the known truth (eval/answer_scale.py) and ranked.
Written into one folder: `preferences.jsonl` (stage 2), `examples.jsonl` (stage 1: the correct answers), `adpl.json`
(the published form), `build.json` (what it was made from).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from langchain_core.language_models import BaseChatModel
from PIL import Image

from ...errors import BadInput
from ...eval.answer_scale import score_answer
from ...eval.datasets import Case, defect_boxes
from ...images import decode, encode_png
from ...prompts import examine_prompt, reason_prompt
from ..records import Example, Preference, RankedAnswer, read_records
from .adpl import ANSWERS, from_preferences, write_adpl
from .corruptions import PREFIX, corrupt
from .crops import Align, CropView, crop_views
from .lines import Lines
from .lore import UNNAMED
from .lore_facts import Told, draw_diagnosis_facts, draw_facts, limit_fact
from .questions import DIAGNOSIS, IDENTIFICATION, LEVELS, questions_of, verdict_question
from .sampling import PROVENANCE, Sampler
from .statement import Question
from .views import View
from .work import Work, file_name, harmless_copy, plan, shown_in

CORRECT = "correct"
PERMIT = 0.2
"""Share of entries in which a criterion permits a type that is seen, so that the facts decide the answer."""
LIMIT = 0.2
"""Share of windows with a defect for which a tolerance in pixels decides."""
PERMIT_OTHER = 0.15
"""Share in which a criterion permits a type that is not seen, and decides nothing."""


@dataclass(frozen=True)
class Built:
    """What was built.

    Attributes:
        cases: cases asked about; questions: lines of preferences; entries: of the AD-PL file (0 for crops).
        sampled: answers drawn from the policy; unreadable: those that could not be scored, and so not be ranked.
        folder: where it is.
    """

    cases: int
    questions: int
    entries: int
    sampled: int
    unreadable: int
    folder: Path


@dataclass
class _Counts:
    sampled: int = 0
    unreadable: int = 0


def build_preferences(
    cases: Sequence[Case],
    out: Path,
    *,
    model: str | Path | BaseChatModel | None = None,
    samples: int = 4,
    seed: int = 0,
    crops: bool = False,
    object: str | None = None,
    splits: Sequence[str] = (),
    answers: int = ANSWERS,
    align: Align | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Built:
    """Build preference data from labelled cases into the folder `out`; a build that was interrupted goes on.

    The same cases, seed and options give the same files; with a model, as far as its sampling is repeatable.

    Args:
        cases: of `eval.datasets.read_cases`; keep those for evaluation out (leaks.py).
        model: where given, `samples` answers a question are drawn from it as candidates.
        crops: ask about windows around boxes, as the agent's region branch does, instead of whole images.
        object: the object's name in prompts; None takes the set's.
        splits: ask about cases of these splits only; golden images are taken from all.
        answers: ranked answers a question, two or more; a question with fewer candidates keeps what it has.
        align: lays a golden image over the test image for crops (see crops.py).
        progress: called with cases done and all cases.

    Raises:
        BadInput: no labelled case, an image that cannot be read, or a folder that holds another build.
        RunFailed: the model failed, or the folder cannot be written.
    """
    if answers < 2:
        raise BadInput(f"answers={answers}", "a preference needs two", "give 2 or more; AD-PL has 4")
    work = plan(cases, seed=seed, object=object, splits=splits)
    sampler = Sampler(model, samples=samples, seed=seed) if model is not None and samples else None
    options = {
        "seed": seed,
        "crops": crops,
        "object": object,
        "splits": sorted(splits),
        "answers": answers,
        "data": data_digest(cases),
    }
    options |= {"model": getattr(sampler.model, "model_name", str(model)) if sampler else None}
    options |= {"samples": samples if sampler else 0, "aligned": align is not None}
    counts = _Counts()
    with Lines(out, options) as lines:
        for number, item in enumerate(work):
            if item.case.id not in lines.done:
                rng = np.random.default_rng((seed, zlib.crc32(item.case.id.encode())))
                asked = ask_crops(item, out, rng, align) if crops else ask_whole(item, out, rng)
                for images, level, questions in asked:
                    _write(lines, out, item, images, level, questions, answers, rng, sampler, counts)
                lines.finish(item.case.id)
            if progress is not None:
                progress(number + 1, len(work))
    file = out / "preferences.jsonl"
    entries = 0 if crops else write_adpl(out / "adpl.json", from_preferences(read_records(file, Preference)))
    with file.open(encoding="utf-8") as written:
        asked_in_all = sum(1 for _ in written)
    built = Built(len(work), asked_in_all, entries, counts.sampled, counts.unreadable, out)
    lines.close(asdict(built) | {"folder": None})
    return built


def data_digest(cases: Sequence[Case]) -> str:
    """What the labels of a set come to: changes with every label, box, type and file size."""
    digest = hashlib.sha256()
    for c in cases:
        size = c.image.stat().st_size
        digest.update(repr((c.id, c.label, c.types, c.boxes, c.mask is not None, c.split, c.object, size)).encode())
    return digest.hexdigest()


Asked = tuple[tuple[Path, ...], str, list[tuple[str, Question]]]
"""Images, level, and prompts with their questions."""


def ask_whole(item: Work, out: Path, rng: np.random.Generator) -> Iterator[Asked]:
    """Questions about a case's whole image, an entry a level that the image admits; a copy of it goes below `out`."""
    picture, test = _open(item.case.image), item.case.image
    if item.copy:
        test = _save(harmless_copy(picture, rng), out, item.case.id)
    boxes = defect_boxes(item.case)
    shown = shown_in(item.case, boxes, picture.width, picture.height)
    images = (test, item.reference) if item.reference else (test,)
    kinds = [s.type for s in shown]
    for level in LEVELS:
        permitted = draw_permitted(item, kinds, rng)
        draw = draw_diagnosis_facts if level == DIAGNOSIS else draw_facts
        told = tuple(draw(item.lore, kinds, rng, permitted=permitted))
        view = View(item.lore, shown, told, frozenset(permitted))
        questions = questions_of(view, level, rng)
        prompts = [reason_prompt(q.text, object=item.lore.object, facts=view.facts) for q in questions]
        if questions:
            yield images, level, list(zip(prompts, questions, strict=True))


def ask_crops(item: Work, out: Path, rng: np.random.Generator, align: Align | None) -> Iterator[Asked]:
    """One question about each window around a defect, or around nothing; the windows are written below `out`."""
    test = _open(item.case.image)
    golden = _open(item.reference) if item.reference else None
    if item.copy:
        test = harmless_copy(test, rng)
    if golden is not None and align is not None:
        golden = align(test, golden)
    elif golden is not None and (not (item.case.reference or item.copy) or golden.size != test.size):
        golden = None
    boxes = () if item.copy else defect_boxes(item.case)
    if item.case.label == "defect" and not boxes:
        return  # nobody knows where the defect is, so no window is known to be normal either
    for crop in crop_views(item.case, boxes, test, golden, item.lore, rng):
        kinds = [crop.shown.type] if crop.shown else []
        box = crop.region.box
        size = max(box.x2 - box.x1, box.y2 - box.y1)
        limit = _limit(item, kinds, size, rng)
        permitted = [] if limit else draw_permitted(item, kinds, rng)
        told = tuple(draw_facts(item.lore, kinds, rng, permitted=permitted, must=limit))
        if limit and size <= int(limit[0].clause):
            permitted = kinds
        shown = (crop.shown,) if crop.shown else ()
        view = View(item.lore, shown, told, frozenset(permitted), crop.region.id, size)
        question = verdict_question(view, rng, level=IDENTIFICATION)
        prompt = examine_prompt(crop.region, crop.where, view.facts)
        yield _saved(crop, out, item), IDENTIFICATION, [(prompt, question)]


def _limit(item: Work, kinds: Sequence[str], size: int, rng: np.random.Generator) -> list[Told]:
    """Sometimes a tolerance for the type that is seen, as often above its size as below."""
    if not kinds or kinds[0] == UNNAMED or rng.random() >= LIMIT:
        return []
    ratio = float(np.exp(rng.uniform(0.1, 1.1)))
    limit = round(size * ratio) if rng.random() < 0.5 else int(size / ratio)
    return [limit_fact(item.lore, kinds[0], max(2, limit), rng)] if limit != size else []


def draw_permitted(item: Work, kinds: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Types that a criterion shall permit: mostly none, sometimes all that are seen, or one that is not."""
    roll = rng.random()
    named = [k for k in dict.fromkeys(kinds) if k != UNNAMED]
    others = [t for t in item.lore.types if t not in kinds and t != UNNAMED]
    if roll < PERMIT and named:
        return named  # all of them: with one left the part would be rejected all the same
    if roll < PERMIT + PERMIT_OTHER and others:
        return [others[rng.integers(len(others))]]
    return []


def _write(
    lines: Lines,
    out: Path,
    item: Work,
    images: tuple[Path, ...],
    level: str,
    questions: list[tuple[str, Question]],
    answers: int,
    rng: np.random.Generator,
    sampler: Sampler | None,
    counts: _Counts,
) -> None:
    prompts = [prompt for prompt, _ in questions]
    sampled = sampler.answers(images, prompts) if sampler else [[] for _ in prompts]
    paths = tuple(_relative(path, out) for path in images)
    for (prompt, question), drawn in zip(questions, sampled, strict=True):
        ranked = rank_answers(question, drawn, item, rng, answers)
        counts.sampled += len(drawn)
        counts.unreadable += sum(score_answer(text, question.truth).score is None for text in drawn)
        shared = {"images": paths, "prompt": prompt, "group": item.case.id, "level": level}
        id = lines.next_id(item.case.id)
        if len(ranked) > 1:
            lines.preference(Preference(id=id, answers=ranked, **shared))  # type: ignore[arg-type]
        lines.example(Example(id=id, answer=str(question.right), **shared))  # type: ignore[arg-type]


def rank_answers(
    question: Question, sampled: Sequence[str], item: Work, rng: np.random.Generator, count: int
) -> tuple[RankedAnswer, ...]:
    """The correct answer and up to `count - 1` worse ones, best first, by their score against the truth.

    The wrong verdict is always among them, because True or False is what counts first; what the policy itself said
    comes before scripted answers, and answers of scores that are not there yet before others.
    """
    best = RankedAnswer(text=str(question.right), score=_score(str(question.right), question), provenance=CORRECT)
    corrupted = corrupt(question, item.lore, rng)
    pool = [RankedAnswer(text=c.text, score=round(c.score, 4), provenance=c.provenance) for c in corrupted]
    chosen = [best, *(a for a in pool if a.provenance == f"{PREFIX}wrong verdict")]
    others = [a for a in pool if a not in chosen]
    policy = []
    for text in sampled:
        score = _score(text, question)
        if score is not None and best.score is not None and score < best.score:
            policy.append(RankedAnswer(text=text, score=score, provenance=PROVENANCE))
    queue = [*policy, *(others[i] for i in rng.permutation(len(others)))]
    queue = [a for a in queue if all(a.text != c.text for c in chosen)]
    while queue and len(chosen) < count:
        taken = {c.score for c in chosen}
        chosen.append(queue.pop(next((i for i, a in enumerate(queue) if a.score not in taken), 0)))
    return tuple(sorted(chosen[:count], key=lambda a: -(a.score or 0)))


def _score(text: str, question: Question) -> float | None:
    score = score_answer(text, question.truth).score
    return None if score is None else round(score, 4)


def _saved(crop: CropView, out: Path, item: Work) -> tuple[Path, ...]:
    name = f"{item.case.id}:{crop.region.id}"
    test = _save(crop.test, out, name)
    return (test, _save(crop.reference, out, f"{name}:golden")) if crop.reference is not None else (test,)


def _save(image: Image.Image, out: Path, id: str) -> Path:
    path = out / "images" / f"{file_name(id)}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(image))
    return path


def _open(path: Path) -> Image.Image:
    return decode(path.read_bytes(), str(path))


def _relative(path: Path, out: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
