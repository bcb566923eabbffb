"""The batching engine: one local model, one worker thread, requests of many callers decoded together."""

from __future__ import annotations

import contextlib
import copy
import queue
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from transformers import LogitsProcessorList, StoppingCriteriaList

from ..errors import BadInput, RunFailed, SageInspectError
from .decoding import Choose, Follow, Row, Vocabulary
from .features import FeatureCache
from .folder import identity, read_card
from .fusion_attach import live_fusion
from .parts import cpu_threads, load_parts, pick_device, plain_generation
from .prompting import Prompter
from .request import Request, Response, Turn

WINDOW = 0.004
"""Seconds that a first request waits for others to share its batch."""

SMALL = 20_000_000
"""Below so many weights one CPU thread is the default: handing out such small products costs more than it saves
(tiny model, 2 busy cores: 3 to 10 times faster with one thread than with two)."""


class _Job(NamedTuple):
    request: Request
    future: Future[Response]


class LocalEngine:
    """Runs a local image-text-to-text model for any number of threads.

    Requests that arrive within `WINDOW` and hold equally many images are decoded in one batch, left-padded, whatever
    their sampling parameters. A failure reaches the callers of its batch only: a batch that fails as a whole is
    repeated one by one, so that a bad request does not fail its neighbours.

    Args:
        folder: saved by `save_pretrained`, or an adapter, with an optional sage.json (`folder.SageCard`) and fusion
            (`fusion_files`); no remote code, no pickles.
        device: `auto` (CUDA, then MPS, then CPU), `cpu`, `cuda`, `cuda:1` or `mps`.
        max_batch: rows a batch; None takes 16 on a GPU and 8 on a CPU.
        threads: CPU threads; 0 takes one for a model below `SMALL` weights and leaves torch's choice for others.

    Attributes:
        name: e.g. `nano@1a2b3c4d` (`folder.identity`).
        device: where it runs; card: the folder's sage.json.
        requests, batches: how many were run so far, failed ones included.

    Raises:
        BadInput: the folder holds no model that transformers can load, or no chat template.
        RunFailed: the device is not there or has too little memory.
    """

    def __init__(self, folder: Path, *, device: str = "auto", max_batch: int | None = None, threads: int = 0) -> None:
        self.folder = Path(folder)
        self.card = read_card(self.folder)
        self.name = identity(self.folder, self.card)
        self.device = pick_device(device)
        self.max_batch = max_batch or (8 if self.device.type == "cpu" else 16)
        self.requests = self.batches = 0
        self.model, self.processor, self.familiarity = load_parts(self.folder, self.device)
        self.prompter = Prompter(self.processor, self.name, mark_facts=live_fusion(self.model) is not None)
        self._generation = plain_generation(self.model, self.prompter.tokenizer)
        config = self.model.config.get_text_config()
        self._limit: int | None = getattr(config, "max_position_embeddings", None)
        self._vocabulary = Vocabulary(self.prompter.tokenizer, self._generation.eos_token_id or (), config.vocab_size)
        self._features = FeatureCache(self.model)
        self._threads = threads or (1 if self.device.type == "cpu" and self.model.num_parameters() < SMALL else 0)
        self._inbox: queue.Queue[_Job | None] = queue.Queue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._workers: list[threading.Thread] = []
        self._finalizer = weakref.finalize(self, _shut_down, self._inbox, self._closing, self._workers)

    def submit(self, request: Request) -> Future[Response]:
        """Queue a request; the future gives its `Response`. Cancelling the future ends its row at the next token.

        Images are prepared (`pair_images`) in the caller's thread.

        Raises:
            BadInput: no tokens asked for, or more than two images in a turn of a pair model.
            RunFailed: the engine is closed.
        """
        if self._closing.is_set():
            raise RunFailed(self.name, "its engine is closed", "load the model again")
        if request.max_new_tokens < 1 or request.temperature < 0:
            raise BadInput(
                f"max_new_tokens={request.max_new_tokens}, temperature={request.temperature}",
                "out of range",
                "at least 1 token, temperature 0 or more",
            )
        turns = tuple(Turn(t.role, self._prepare(t.images), t.text) for t in request.turns)
        job = _Job(Request(**{**vars(request), "turns": turns}), Future())
        with self._lock:
            if not any(worker.is_alive() for worker in self._workers):  # the first call, or a forked process
                worker = threading.Thread(
                    target=_work, args=(weakref.ref(self), self._inbox, self.max_batch), name=self.name, daemon=True
                )
                worker.start()
                self._workers[:] = [worker]
            self._inbox.put(job)
        if self._closing.is_set():  # closed meanwhile: the worker may be gone already
            _drain(self._inbox)
            self._inbox.put(None)
        return job.future

    def generate(self, request: Request) -> Response:
        """Run a request and wait for it; errors as in `submit`, or whatever its batch failed with."""
        return self.submit(request).result()

    def stream(self, request: Request) -> Iterator[str | Response]:
        """Pieces of text as they come, then the `Response`; leaving the loop early ends the row."""
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        future = self.submit(Request(**{**vars(request), "on_text": pieces.put}))
        future.add_done_callback(lambda _: pieces.put(None))
        try:
            while (piece := pieces.get()) is not None:
                yield piece
            yield future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """End the worker: running rows end at their next token, waiting ones fail. Further calls are refused."""
        self._finalizer()

    def _prepare(self, images: Sequence[Image.Image]) -> tuple[Image.Image, ...]:
        if not self.card.pair_channels or not images:
            return tuple(image.convert("RGB") for image in images)
        if len(images) > 2:
            raise BadInput(f"{len(images)} images", f"{self.name} compares two at most", "give test and reference")
        from .pairing import pair_images

        return tuple(pair_images(images[0], images[1] if len(images) > 1 else None, self.card.image_size))

    def _run(self, jobs: Sequence[_Job]) -> None:
        groups: dict[int, list[_Job]] = {}
        for job in jobs:
            if not job.future.cancelled():
                groups.setdefault(sum(len(t.images) for t in job.request.turns), []).append(job)
        for group in groups.values():
            self._run_group(group)

    def _run_group(self, jobs: Sequence[_Job]) -> None:
        rows = [Row(j.request, j.future, self._vocabulary, self._closing.is_set) for j in jobs]
        try:
            with cpu_threads(self._threads):
                self._decode(rows)
        except Exception as error:  # anything that a model, its processor or a caller's callback can raise
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            for job, row in zip(jobs, rows, strict=True):
                if row.future.done():
                    continue
                if len(jobs) == 1 or row.sent:
                    with contextlib.suppress(InvalidStateError):  # a caller who has cancelled
                        row.future.set_exception(_told(error, self.name))
                else:
                    self._run_group([job])

    @torch.inference_mode()
    def _decode(self, rows: Sequence[Row]) -> None:
        self.batches += 1
        self.requests += len(rows)
        prompts = [self.prompter.render(row.request.turns) for row in rows]
        images = [[image for t in row.request.turns for image in t.images] for row in rows]
        inputs = self._encode(prompts, images)
        for row, mask in zip(rows, inputs["attention_mask"], strict=True):
            row.input_tokens = int(mask.sum())
            if self._limit is not None and row.input_tokens >= self._limit:
                raise BadInput(
                    f"a prompt of {row.input_tokens} tokens",
                    f"{self.name} takes fewer than {self._limit}",
                    "ask with fewer facts, or name a larger model",
                )
        self._measure_familiarity(rows, images, inputs)
        config = copy.copy(self._generation)
        config.max_new_tokens = max(row.request.max_new_tokens for row in rows)
        self.model.generate(
            **self._features.replace(inputs, [image for row in images for image in row]),
            generation_config=config,
            logits_processor=LogitsProcessorList([Choose(rows)]),
            stopping_criteria=StoppingCriteriaList([Follow(rows)]),
        )
        for row in rows:
            row.finish("length")

    def _encode(self, prompts: list[str], images: list[list[Image.Image]]) -> dict[str, Any]:
        # A template that writes the first token itself must not get a second one from the tokenizer.
        bos = self.prompter.tokenizer.bos_token
        extra: dict[str, Any] = {"add_special_tokens": False} if bos and prompts[0].startswith(bos) else {}
        if images[0]:
            extra["images"] = images
        inputs = self.processor(text=prompts, padding=True, return_tensors="pt", **extra)
        return dict(inputs.to(device=self.device, dtype=self.model.dtype))

    def _measure_familiarity(self, rows: Sequence[Row], images: Sequence[list[Any]], inputs: dict[str, Any]) -> None:
        pixels = inputs.get("pixel_values")
        if self.familiarity is None or pixels is None or pixels.dim() != 4:
            return
        count = len(images[0])
        if pixels.shape[0] != count * len(rows):
            return
        for row, score in zip(rows, self.familiarity.score(self.model, pixels[::count]), strict=True):
            row.familiarity = score


def _told(error: Exception, name: str) -> Exception:
    if isinstance(error, SageInspectError):
        return error
    if isinstance(error, torch.OutOfMemoryError):
        return RunFailed(name, "the device ran out of memory", "use smaller images, or a smaller model")
    failed = RunFailed(
        name, f"the model failed ({type(error).__name__}: {str(error)[:200]})", "report it with this line"
    )
    failed.__cause__ = error
    return failed


def _work(engine: weakref.ref[LocalEngine], inbox: queue.Queue[_Job | None], max_batch: int) -> None:
    """The worker: holds the engine only while it runs a batch, so that an engine nobody uses can go."""
    while (job := inbox.get()) is not None:
        jobs, deadline, last = [job], time.monotonic() + WINDOW, False
        while len(jobs) < max_batch and not last:
            try:
                more = inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            last = more is None
            if more is not None:
                jobs.append(more)
        owner = engine()
        if owner is None:
            _refuse(jobs)
        else:
            owner._run(jobs)
        del owner, jobs, job
        if last:
            break
    _drain(inbox)


def _shut_down(inbox: queue.Queue[_Job | None], closing: threading.Event, workers: list[threading.Thread]) -> None:
    closing.set()
    inbox.put(None)
    for worker in workers:
        # At exit the interpreter must not go while torch still runs on the worker.
        if worker is not threading.current_thread():
            worker.join(timeout=10)


def _drain(inbox: queue.Queue[_Job | None]) -> None:
    while True:
        try:
            job = inbox.get_nowait()
        except queue.Empty:
            return
        if job is not None:
            _refuse([job])


def _refuse(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        with contextlib.suppress(InvalidStateError):  # a caller who has cancelled
            job.future.set_exception(RunFailed("the local model", "its engine was closed", "load it again"))
