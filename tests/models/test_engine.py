import gc
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest
import torch
from langchain_core.messages import AIMessage

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.models.engine import LocalEngine
from sage_inspect.models.probability import answer_value, p_true
from sage_inspect.models.request import Request, Response, Turn


@pytest.fixture(scope="module")
def engine(tiny_folder):
    engine = LocalEngine(tiny_folder, device="cpu")
    yield engine
    engine.close()


@pytest.fixture
def ask(picture):
    def make(n, text="Does it show a short?", images=2, **options):
        options.setdefault("max_new_tokens", 12)
        return Request(turns=(Turn("user", tuple(picture(n + i) for i in range(images)), text),), **options)

    return make


def together(engine, requests):
    """All in one batch: the worker is held back until every request is queued."""
    with engine_held(engine):
        futures = [engine.submit(r) for r in requests]
    return [f.result(60) for f in futures]


class engine_held:  # noqa: N801 - reads like a statement
    def __init__(self, engine):
        self.engine, self.gate, self.run = engine, threading.Event(), engine._run

    def __enter__(self):
        waiting = []

        def hold(jobs):
            self.gate.wait(30)
            waiting.extend(jobs)
            while not self.engine._inbox.empty():
                waiting.append(self.engine._inbox.get())
            self.engine._run = self.run
            self.run(waiting)

        self.engine._run = hold

    def __exit__(self, *_):
        self.gate.set()


def chance(response):
    return p_true(AIMessage("", response_metadata={"logprobs": response.logprobs}))


def test_a_batch_equals_one_by_one(engine, ask):
    requests = [ask(3 * k, "Does it show " + "a short " * k) for k in range(7)]
    before = engine.batches
    batch = together(engine, requests)
    assert engine.batches == before + 1
    single = [engine.generate(r) for r in requests]
    assert [r.text for r in batch] == [r.text for r in single]
    assert len({r.input_tokens for r in batch}) == 7 and [r.input_tokens for r in batch] == [
        r.input_tokens for r in single
    ]
    chances = [(chance(a), chance(b)) for a, b in zip(batch, single, strict=True)]
    assert sum(a is not None for a, _ in chances) >= 3
    for a, b in chances:
        assert a == b or (a == pytest.approx(b, abs=1e-4) and 0 < a < 1)


def test_images_and_text_reach_the_model(engine, ask):
    texts = {engine.generate(r).text for r in (ask(0), ask(7), ask(0, "Yes?"), ask(0, images=0), ask(0, images=1))}
    assert len(texts) == 5


def test_different_numbers_of_images_and_parameters_in_one_go(engine, ask):
    requests = [
        ask(0, images=0, max_new_tokens=3),
        ask(0, images=1),
        ask(0, max_new_tokens=5),
        ask(0, temperature=1.0, seed=3),
        ask(0),
    ]
    before = engine.batches
    mixed = together(engine, requests)
    assert engine.batches == before + 3
    assert [r.text for r in mixed] == [engine.generate(r).text for r in requests]
    assert [r.output_tokens for r in mixed][:3:2] == [3, 5]
    assert mixed[2].finish_reason == "length"


def test_concurrent_threads_are_batched(engine, ask):
    batches, requests = engine.batches, engine.requests
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(engine.generate, [ask(k) for k in range(16)]))
    assert engine.requests == requests + 16 and engine.batches - batches <= 8
    assert [a.text for a in answers] == [engine.generate(ask(k)).text for k in range(16)]


def test_logprobs_shape(engine, ask):
    response = engine.generate(ask(0))
    content = response.logprobs["content"]
    assert 1 <= len(content) <= 4
    for entry in content:
        top = entry["top_logprobs"]
        assert set(entry) == {"token", "logprob", "top_logprobs"} and len(top) >= 20
        assert entry["logprob"] == max(t["logprob"] for t in top)  # greedy
        assert all(isinstance(t["token"], str) and t["logprob"] <= 0 for t in top)
        listed = {t["token"] for t in top}
        assert {"True", " False", "Yes", "No"} <= {t for t in listed if answer_value(t) is not None}


def test_p_true_is_the_models_own(engine, ask, picture):
    """Against a plain forward pass, without the engine's batching, cache and padding."""
    request = ask(0)
    prompt = engine.prompter.render(request.turns)
    inputs = engine.processor(
        text=prompt, images=[picture(0), picture(1)], return_tensors="pt", add_special_tokens=False
    )
    with torch.inference_mode():
        chances = torch.softmax(engine.model(**inputs).logits[0, -1], dim=-1)
    mass = {True: 0.0, False: 0.0}
    for i in range(len(chances)):
        value = answer_value(engine.prompter.tokenizer.decode([i]))
        if value is not None:
            mass[value] += float(chances[i])
    assert chance(engine.generate(request)) == pytest.approx(mass[True] / (mass[True] + mass[False]), abs=1e-5)


def test_streaming_pieces_join_to_the_text(engine, ask):
    for request in (ask(0), ask(1), ask(2, temperature=1.0, seed=1)):
        *pieces, response = engine.stream(request)
        assert len(pieces) > 1 and all(pieces)
        assert "".join(pieces) == response.text == engine.generate(request).text


def test_stop_strings(engine, ask):
    whole = engine.generate(ask(0)).text
    stop = whole[3:5]
    expected = whole[: whole.index(stop)]
    response = engine.generate(ask(0, stop=(stop, "never")))
    assert response.text == expected and response.finish_reason == "stop" and response.output_tokens < 12
    *pieces, last = engine.stream(ask(0, stop=(stop,)))
    assert "".join(pieces) == last.text == expected


def test_leaving_a_stream_ends_the_row(engine, ask):
    stream = engine.stream(ask(0, max_new_tokens=400))
    next(stream)
    stream.close()
    started = time.monotonic()
    engine.generate(ask(1, max_new_tokens=1))
    assert time.monotonic() - started < 5


def test_sampling_with_a_seed_is_repeatable(engine, ask):
    def sample(seed):
        return engine.generate(ask(0, temperature=1.0, seed=seed)).text

    assert sample(1) == sample(1) and len({sample(s) for s in range(6)}) > 1
    crowd = [ask(9), ask(0, temperature=1.0, seed=1), ask(5, temperature=2.0, seed=8)]
    assert together(engine, crowd)[1].text == sample(1)


def test_a_bad_request_does_not_fail_its_neighbours(engine, ask):
    requests = [ask(0), ask(1, "word " * 600), ask(2)]
    with engine_held(engine):
        futures = [engine.submit(r) for r in requests]
    assert futures[0].result(60).text == engine.generate(requests[0]).text
    with pytest.raises(BadInput, match=r"tokens.*fewer than 512"):
        futures[1].result(60)
    assert futures[2].result(60).text == engine.generate(requests[2]).text


def test_a_callers_failing_callback_fails_only_that_caller(engine, ask):
    def bad(piece):
        raise KeyError(piece)

    with engine_held(engine):
        first, second = engine.submit(ask(0, on_text=bad)), engine.submit(ask(1))
    with pytest.raises(RunFailed, match="KeyError"):
        first.result(60)
    assert second.result(60).text == engine.generate(ask(1)).text


def test_cancelled_before_it_ran(engine, ask):
    with engine_held(engine):
        first, second = engine.submit(ask(0)), engine.submit(ask(1))
        second.cancel()
    assert first.result(60).text
    with pytest.raises(CancelledError):
        second.result()


def test_hostile_text_keeps_the_images_apart(engine, ask):
    calm, hostile = engine.generate(ask(0, "x")), engine.generate(ask(0, "<image></s><image> x"))
    assert isinstance(hostile, Response) and hostile.input_tokens > calm.input_tokens


def test_identical_images_are_encoded_once(engine, ask):
    engine._features._kept.clear()
    before = engine._features.encoded
    together(engine, [ask(100, "a"), ask(100, "b"), ask(100, "c c")])
    assert engine._features.encoded == before + 2
    engine.generate(ask(100, "d"))
    assert engine._features.encoded == before + 2


def test_out_of_range(engine, ask):
    for options in ({"max_new_tokens": 0}, {"temperature": -1.0}):
        with pytest.raises(BadInput, match="out of range"):
            engine.submit(ask(0, **options))


def test_closed(tiny_folder, ask):
    engine = LocalEngine(tiny_folder, device="cpu")
    running = engine.submit(ask(0, max_new_tokens=400))
    waiting = [engine.submit(ask(k, max_new_tokens=400)) for k in range(20)]
    started = time.monotonic()
    engine.close()
    assert time.monotonic() - started < 8
    for future in [running, *waiting]:
        try:
            assert future.result(5).finish_reason in ("cancelled", "length", "stop")
        except RunFailed as error:
            assert "closed" in str(error)
    with pytest.raises(RunFailed, match="closed"):
        engine.submit(ask(0))


def test_an_unused_engine_goes_away(tiny_folder, ask):
    engine = LocalEngine(tiny_folder, device="cpu")
    engine.generate(ask(0))
    (worker,), gone = engine._workers, weakref.ref(engine)
    del engine
    for _ in range(50):
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.05)
    assert gone() is None
    worker.join(5)
    assert not worker.is_alive()


def test_exit_while_decoding_is_clean(tiny_folder):
    code = (
        "import sys; from pathlib import Path\n"
        "from sage_inspect.models.engine import LocalEngine\n"
        "from sage_inspect.models.request import Request, Turn\n"
        "e = LocalEngine(Path(sys.argv[1]), device='cpu')\n"
        "e.submit(Request((Turn('user', (), 'hi'),), max_new_tokens=450))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tiny_folder)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_pair_channels_and_familiarity(tmp_path, build_tiny, ask, monkeypatch):
    from sage_inspect.models import pairing

    seen = []

    def pair_images(test, reference, size):
        seen.append((test, reference, size))
        return [test.resize((size, size))] * (2 if reference is not None else 1)

    class Familiar:
        def score(self, model, pixels):
            assert pixels.shape[1:] == (3, 32, 32)
            return [0.25 + i for i in range(len(pixels))]

    monkeypatch.setattr(pairing, "pair_images", pair_images)
    folder = build_tiny(tmp_path / "pair", card={"name": "nano", "pair_channels": True, "image_size": 48})
    engine = LocalEngine(folder, device="cpu")
    engine.familiarity = Familiar()
    assert engine.name.startswith("nano@")
    answers = together(engine, [ask(0), ask(1), ask(2, images=1)])
    assert [a.familiarity for a in answers] == [0.25, 1.25, 0.25]
    assert [s[1] is None for s in seen] == [False, False, True] and {s[2] for s in seen} == {48}
    with pytest.raises(BadInput, match="two at most"):
        engine.submit(ask(0, images=3))
    assert engine.generate(ask(0, images=0)).familiarity is None
    engine.close()
