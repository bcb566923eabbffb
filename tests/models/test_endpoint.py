import asyncio
import socket
import time

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import HumanMessage

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.models.loading import ainvoke_safely, invoke_safely, load_model, model_name
from sage_inspect.models.messages import human
from sage_inspect.models.probability import p_true
from sage_inspect.settings import Settings

from ..server import ANSWER

QUESTION = [HumanMessage("Does it?")]


def test_happy_path(server, picture):
    model = load_model(server.url)
    assert server.calls == [("GET", "/v1/models")] and model_name(model) == "vlm"
    answer = invoke_safely(model, [human([picture(0)], "Does it?")])
    # e^-.2 / (e^-.2 + e^-1.8) = 1 / (1 + e^-1.6) = .832
    assert answer.content == "True. Short." and p_true(answer) == pytest.approx(0.832, abs=1e-3)
    assert answer.usage_metadata["input_tokens"] == 5
    _, path, body, key = server.calls[-1]
    assert path == "/v1/chat/completions" and key == "Bearer none"
    assert (body["model"], body["temperature"], body["logprobs"], body["top_logprobs"]) == ("vlm", 0, True, 20)
    assert body["messages"][0]["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_named_model_asks_nothing(server):
    model = load_model(f"{server.root}#my/model")
    assert model_name(model) == "my/model" and server.calls == []
    assert invoke_safely(model, QUESTION).content and server.calls[0][:2] == ("POST", "/v1/chat/completions")


def test_several_models_must_be_named(server):
    server.models = ["a", "b"]
    with pytest.raises(BadInput, match=r"2 models \(a, b\).*#model-name"):
        load_model(server.url)
    server.models = []
    with pytest.raises(BadInput, match="0 models"):
        load_model(server.url)


def test_openai_name(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    model = load_model("openai:gpt-x")
    assert invoke_safely(model, QUESTION).content
    assert server.calls[0][2]["model"] == "gpt-x" and server.calls[0][3] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("status", "why"),
    [(500, "500"), (503, "503"), (401, "refuses the API key"), (403, "forbids"), (404, "no such model")],
)
def test_failures_in_one_line(server, status, why):
    server.reply = lambda body: (status, {"error": {"message": "out\nof order", "type": "x", "code": None}})
    with pytest.raises(RunFailed, match=why) as caught:
        invoke_safely(load_model(f"{server.url}#vlm"), QUESTION)
    line = str(caught.value)
    assert "\n" not in line and server.url in line and "vlm" in line and caught.value.exit_code == 3


def test_garbage(server):
    for garbage in (b"<html>", b"null", b'{"choices": null}', b'{"choices": []}', b"[]"):
        server.reply = lambda body, g=garbage: (200, g)
        with pytest.raises(RunFailed):
            invoke_safely(load_model(f"{server.url}#vlm"), QUESTION)


def test_timeout(server):
    server.reply = lambda body: time.sleep(3) or (200, ANSWER)
    started = time.monotonic()
    with pytest.raises(RunFailed, match=r"did not answer in time.*SAGE_INSPECT_ENDPOINT_TIMEOUT"):
        invoke_safely(load_model(f"{server.url}#vlm", Settings(endpoint_timeout=0.2)), QUESTION)
    assert time.monotonic() - started < 3


def test_refused_connection():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(RunFailed, match="cannot be reached"):
        invoke_safely(load_model(f"{url}#vlm"), QUESTION)
    with pytest.raises(RunFailed, match=r"cannot be reached.*#model-name"):
        load_model(url)


def test_a_server_without_logprobs(server):
    def reply(body):
        if "logprobs" in body or "top_logprobs" in body:
            return 400, {"error": {"message": "logprobs is not supported", "type": "x", "code": None}}
        return 200, {**ANSWER, "choices": [{**ANSWER["choices"][0], "logprobs": None}]}

    server.reply = reply
    model = load_model(f"{server.url}#vlm")
    answer = invoke_safely(model, QUESTION)
    assert answer.content == "True. Short." and p_true(answer) is None and len(server.calls) == 2
    invoke_safely(model, QUESTION)
    assert len(server.calls) == 3  # remembered: not refused twice
    assert asyncio.run(ainvoke_safely(model, QUESTION)).content and len(server.calls) == 4


def test_another_400_is_not_tried_again(server):
    server.reply = lambda body: (400, {"error": {"message": "the image is too large", "type": "x", "code": None}})
    with pytest.raises(RunFailed, match=r"400.*the image is too large"):
        invoke_safely(load_model(f"{server.url}#vlm"), QUESTION)
    assert len(server.calls) == 1


def test_async(server):
    model = load_model(f"{server.url}#vlm")
    assert p_true(asyncio.run(ainvoke_safely(model, QUESTION))) == pytest.approx(0.832, abs=1e-3)
    server.reply = lambda body: (500, {"error": {"message": "x", "type": "x", "code": None}})
    with pytest.raises(RunFailed, match="500"):
        asyncio.run(ainvoke_safely(model, QUESTION))


def test_secrets_stay_out_of_messages(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.reply = lambda body: (401, {"error": {"message": "Incorrect API key provided: sk-secret", "type": "x"}})
    url = server.url.replace("http://", "http://me:word@")
    with pytest.raises(RunFailed) as caught:
        invoke_safely(load_model(f"{url}#vlm"), QUESTION)
    assert "sk-secret" not in str(caught.value) and "word" not in str(caught.value)


def test_any_chat_model():
    assert invoke_safely(FakeListChatModel(responses=["True."]), QUESTION).content == "True."

    class Broken(FakeListChatModel):
        def _call(self, *args, **kwargs):
            raise ZeroDivisionError("division by zero")

    with pytest.raises(RunFailed, match=r"ZeroDivisionError: division by zero") as caught:
        invoke_safely(Broken(responses=[]), QUESTION)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
