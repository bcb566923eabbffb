"""Message lists in OpenAI's and LangChain's form become steps with parents; nothing is lost."""

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from sage_inspect.errors import BadInput
from sage_inspect.eval.importers import import_traces
from sage_inspect.eval.importers.messages import read_messages, restore

OPENAI = [
    {"role": "user", "content": "Is the part sound?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "zoom", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "function", "function": {"name": "compare", "arguments": "not json"}},
        ],
    },
    {"role": "tool", "tool_call_id": "b", "content": "difference .9"},
    {"role": "tool", "tool_call_id": "a", "name": "zoom", "content": "crop"},
    {"role": "assistant", "content": "A crack runs along the rim. The part is defective.", "custom": [1]},
]


def test_openai_messages():
    trace = next(import_traces(OPENAI, "messages"))
    assert [(s.node, s.parents) for s in trace.steps] == [
        ("user", ()), ("assistant", ("S1",)), ("compare", ("S2",)), ("zoom", ("S2",)), ("assistant", ("S3", "S4")),
    ]  # fmt: skip
    assert trace.steps[3].input == {"x": 1} and trace.steps[2].input == {"arguments": "not json"}
    assert trace.verdict.verdict == "anomalous" and trace.steps[-1].claims[0].type == "crack"
    assert restore(trace) == OPENAI


def test_langchain_messages_and_tokens():
    ai = AIMessage(content="", tool_calls=[{"name": "zoom", "args": {"x": 2}, "id": "t"}],
                   usage_metadata={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7})  # fmt: skip
    said = [HumanMessage("look"), ai, ToolMessage("crop", tool_call_id="t"), AIMessage("The image is normal.")]
    trace = next(read_messages({"messages": said, "run": "r7"}))
    assert trace.run == "r7" and trace.verdict.verdict == "normal"
    assert trace.steps[1].tokens == {"input": 5, "output": 2}
    assert trace.steps[2].node == "zoom" and trace.steps[2].input == {"x": 2}


def test_a_trace_without_a_verdict_is_not_given_one():
    trace = next(read_messages([{"role": "assistant", "content": "I looked."}]))
    assert trace.verdict is None and not trace.complete


def test_files(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text(json.dumps(OPENAI) + "\n" + json.dumps({"messages": OPENAI, "id": "second"}) + "\n")
    assert [t.run for t in import_traces(path, "messages")] == ["runs-1", "second"]
    for text in ("[]", "{}", "nonsense", '[{"content": "no role"}]'):
        bad = tmp_path / "bad.json"
        bad.write_text(text)
        with pytest.raises(BadInput):
            list(import_traces(bad, "messages"))


def test_an_image_is_told_by_digest():
    url = "data:image/png;base64," + "QUJD" * 200
    trace = next(read_messages([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]))
    assert trace.steps[0].output["content"][0]["image_url"]["url"].startswith("sha256:")
