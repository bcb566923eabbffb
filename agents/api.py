"""The Python face: `inspect`, `ainspect`, `astream` and `Session`."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from PIL import Image as PILImage

from ..errors import BadInput, RunFailed
from ..eval.trace_file import read_trace
from ..images import ImageLike
from ..models.loading import load_model, model_name
from ..prompts import VERDICT_QUESTION
from ..schema import ImageRef, Verdict
from .policy import Policy
from .run import Event, Run, read_request
from .state import dump
from .stores import Stores, open_stores

MAX_QUESTION = 400
"""Characters of a question that a prompt takes (`prompts.as_data`); more would be cut off."""

Reviewer = Callable[[dict[str, Any]], "dict[str, Any] | None"]
"""Answers a review: gets what the graph asks, returns a correction (`{"verdict": ...}`) or None to leave it waiting."""


def inspect(
    test: ImageLike,
    *,
    references: Iterable[ImageLike] | ImageLike | None = (),
    question: str | None = None,
    object: str | None = None,
    model: str | BaseChatModel = "nano",
    policy: Policy | None = None,
    reviewer: Reviewer | None = None,
    stores: Stores | None = None,
    out: str | Path | None = None,
) -> Verdict:
    """Inspect one image and return its verdict; the run is kept in a folder (`verdict.run`).

    Args:
        test: image under inspection: path, bytes, PIL image, uint8 array, or digest of a stored image.
        references: golden image(s) of the same object and view; none: the golden library's nearest, else zero-shot.
        question: asked about the image; None asks whether it shows a defect.
        object: name of the object, None to find it out.
        model: `nano`, a folder or Hugging Face id, `openai:NAME`, an OpenAI-compatible URL, or a LangChain chat model.
        policy: thresholds and limits.
        reviewer: asked where the policy wants a person; None never asks and carries the doubt into the verdict.
        stores: facts, golden images and image store; opened from the settings where None.
        out: folder of the run.

    Raises:
        BadInput: an image, name or question cannot be used. RunFailed: an endpoint, store or disk failed; the run can
            be resumed.
    """
    run = start(
        test, references=references, question=question, object=object, model=model, policy=policy,
        review=reviewer is not None, stores=stores, out=out,
    )  # fmt: skip
    for _ in follow(run, reviewer):
        pass
    return _verdict_of(run)


async def ainspect(test: ImageLike, **options: Any) -> Verdict:
    """`inspect` without blocking the event loop; takes the same options."""
    return await asyncio.to_thread(inspect, test, **options)


async def astream(test: ImageLike, **options: Any) -> AsyncIterator[Event]:
    """The events of an inspection as they come; takes `inspect`'s options. The last one is `verdict` or `review`.

    Leaving the loop early stops the run after the node that is at work; it can be resumed from its folder.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
    stopped = threading.Event()
    reviewer = options.pop("reviewer", None)

    def work() -> None:
        last: BaseException | None = None
        try:
            for event in follow(start(test, review=reviewer is not None, **options), reviewer):
                loop.call_soon_threadsafe(queue.put_nowait, event)
                if stopped.is_set():
                    return
        except BaseException as error:  # handed to the caller, who raises it
            last = error
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, last)

    threading.Thread(target=work, daemon=True, name="sage-inspect-run").start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()


class Session:
    """A conversation about one inspection: the first question inspects, later ones build on what was found.

    >>> session = Session("test.png", references="golden.png")  # doctest: +SKIP
    >>> session.ask("Is any conductor broken?").answer  # doctest: +SKIP

    Takes `inspect`'s options but `question` and `reviewer`.

    Attributes:
        verdicts: one a question, in order.
    """

    def __init__(self, test: ImageLike, **options: Any) -> None:
        self._run = start(test, question=None, **options)
        self.verdicts: list[Verdict] = []

    def ask(self, question: str | None = None) -> Verdict:
        """Answer a question about the image; the comparison and the findings are made once.

        Args:
            question: None asks whether the image shows a defect.

        Raises:
            BadInput: the question cannot be used. RunFailed: an endpoint, store or disk failed; ask again.
        """
        _check_question(question)
        if not self.verdicts:
            self._run.request["question"] = question
        for _ in self._run.stream(question or VERDICT_QUESTION):
            pass
        self.verdicts.append(_verdict_of(self._run))
        return self.verdicts[-1]


def start(
    test: ImageLike,
    *,
    references: Iterable[ImageLike] | ImageLike | None = (),
    question: str | None = None,
    object: str | None = None,
    model: str | BaseChatModel = "nano",
    policy: Policy | None = None,
    review: bool = False,
    stores: Stores | None = None,
    out: str | Path | None = None,
) -> Run:
    """A run that is ready to stream: images stored, model loaded, folder made (bad input leaves no folder behind)."""
    _check_question(question)
    _check_text("object", object)
    many = _as_list(references)
    stores = stores or open_stores()
    refs = [stores.images.put(r) for r in many]
    shown = stores.images.put(test)
    chat = load_model(model)
    request = {
        "test": dump(shown),
        "references": [dump(r) for r in refs],
        "question": question,
        "object": object,
        "review": review,
        "model": model if isinstance(model, str) else model_name(chat),
    }
    return Run.create(request, chat, stores, policy or Policy(), Path(out) if out else None)


def reopen(
    folder: str | Path,
    *,
    model: str | BaseChatModel | None = None,
    policy: Policy | None = None,
    stores: Stores | None = None,
    test: ImageLike | None = None,
    references: Iterable[ImageLike] | ImageLike | None = (),
    question: str | None = None,
    object: str | None = None,
    out: str | Path | None = None,
) -> Run:
    """An earlier run, to go on where it stopped.

    Args:
        model: another than the run's own only while the run has no verdict.
        test, references, question, object, out: where given, must be what the run was asked.

    Raises:
        BadInput: no such run, or one that was asked something else.
    """
    found, request = read_request(folder)
    stores = stores or open_stores()
    given = [stores.images.put(r).sha256 for r in _as_list(references)]
    other = {
        "--question": question is not None and question != (request["question"] or VERDICT_QUESTION),
        "--object": object is not None and object.strip() != (request["object"] or "").strip(),
        "--reference": bool(given) and sorted(given) != sorted(r["sha256"] for r in request["references"]),
        "--out": out is not None and Path(out).resolve() != found.resolve(),
        "--model": isinstance(model, str) and model != request["model"] and _has_ended(found),
    }
    for option in (name for name, differs in other.items() if differs):
        why = f"it was started with another {option}" + (", and it has ended" if option == "--model" else "")
        raise BadInput(f"run {found}", why, f"leave {option} out, or inspect anew without --resume")
    if test is not None and stores.images.put(test).sha256 != request["test"]["sha256"]:
        raise BadInput(
            f"run {found}", "it inspects another image than the one given", "leave TEST out, or name its own image"
        )
    return Run(found, request, load_model(model or request["model"]), stores, policy or Policy())


def follow(run: Run, reviewer: Reviewer | None = None) -> Iterator[Event]:
    """The run's events; a review is answered by `reviewer`, or ends the stream where there is none."""
    events = run.stream()
    while True:
        asked: Event | None = None
        for event in events:
            yield event
            asked = event if event.kind == "review" else None
        answer = reviewer(asked.data) if asked is not None and reviewer is not None else None
        if answer is None:
            return
        events = run.resume(answer)


def _has_ended(folder: Path) -> bool:
    try:
        return read_trace(folder).complete
    except BadInput:
        return False


def _as_list(references: Any) -> list[Any]:
    """One image or several of them, as `tools.compare` takes them; None is none."""
    if references is None:
        return []
    # Everything that `images.ImageLike` names; an array and an ImageRef could be walked through, too.
    if isinstance(references, str | bytes | bytearray | os.PathLike | PILImage.Image | np.ndarray | ImageRef):
        return [references]
    if isinstance(references, Mapping) or not isinstance(references, Iterable):
        kind = type(references).__name__
        raise BadInput("references", f"{kind} is neither an image nor several", "give a path, or a list of paths")
    return list(references)


def _check_question(question: Any) -> None:
    _check_text("question", question)
    if question is not None and not question.strip():
        raise BadInput("question", "it is empty", "ask something, or leave it out to ask for a verdict")
    if question is not None and len(question) > MAX_QUESTION:
        raise BadInput("question", f"{len(question)} characters are more than {MAX_QUESTION}", "ask it in fewer words")


def _check_text(name: str, text: Any) -> None:
    if text is not None and not isinstance(text, str):
        raise BadInput(name, f"it is of type {type(text).__name__}, not text", "give a string")
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise BadInput(name, f"character {error.start + 1} is no Unicode text", "give it in UTF-8") from None


def _verdict_of(run: Run) -> Verdict:
    if run.verdict is None:
        raise RunFailed(
            f"run {run.folder}",
            "it waits for a review",
            f"resume it: sage-inspect inspect --resume {run.folder} --review",
        )
    return run.verdict
