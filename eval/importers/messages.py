"""Message lists: OpenAI-style dicts or LangChain messages, what `agentevals` takes.

One step a message. A tool's result is a step of its own, named after the tool; its parent is the message that called
it. Several tools called at once are siblings; what comes next follows from all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...schema import Step, Trace
from ..claims.verdict import read_verdict
from ..trace_file import digest_of
from .plain import plain

SOURCE = "messages"
_ROLES = {"ai": "assistant", "human": "user", "function": "tool", "developer": "system"}


def read_messages(source: Path | Sequence[Any] | Mapping[str, Any]) -> Iterator[Trace]:
    """One trace a message list.

    Args:
        source: a `.json` or `.jsonl` file, or its content: one list of messages, `{"messages": [...]}`, or a list of
            either. Messages are OpenAI-style dicts, LangChain messages, or these as dicts (`{"type": "ai", ...}`).

    Raises:
        BadInput: not JSON, no list of messages, or a message without a role.
    """
    name = str(source) if isinstance(source, Path) else "messages"
    if isinstance(source, Path) and source.suffix == ".jsonl":
        with source.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield from _runs(_parsed(line, f"{name}, line {number}"), f"{source.stem}-{number}", name)
        return
    if isinstance(source, Path):
        yield from _runs(_parsed(source.read_text(encoding="utf-8"), name), source.stem, name)
    else:
        yield from _runs(source, name, name)


def restore(trace: Trace) -> list[dict[str, Any]]:
    """The messages that a trace was read from, as plain dicts."""
    return [step.extra["message"] | {"content": step.output["content"]} if "content" in step.output
            else dict(step.extra["message"]) for step in trace.steps]  # fmt: skip


def messages_trace(messages: Sequence[Any], run: str, extra: Mapping[str, Any] | None = None) -> Trace:
    """One list of messages as a trace; its verdict is read from the last message, None where it gives none."""
    steps: list[Step] = []
    callers: dict[str, tuple[str, str, dict[str, Any]]] = {}
    last: tuple[str, ...] = ()
    caller = ""
    for number, given in enumerate(messages, 1):
        message = _plain_message(given, f"{run}, message {number}")
        role = _role(message)
        identity = f"S{number}"
        content = message.get("content")
        output = {"content": content} if "content" in message else {}
        if isinstance(content, list):
            output["text"] = [b["text"] for b in content if isinstance(b, dict) and isinstance(b.get("text"), str)]
        if role == "tool":
            called = callers.get(str(message.get("tool_call_id")), (caller, str(message.get("name") or "tool"), {}))
            parents = (called[0],) if called[0] else last
            siblings = last if steps and last and last[0] != called[0] and steps[-1].parents == parents else ()
            step = Step(
                id=identity, node=str(message.get("name") or called[1]), parents=parents, input=called[2],
                output=output, error=str(content) if message.get("status") == "error" else "",
                extra={"message": _rest(message)}, output_digest=digest_of(output),
            )  # fmt: skip
            last = (*siblings, identity)
        else:
            usage = message.get("usage_metadata") or message.get("usage") or {}
            step = Step(
                id=identity, node=role, parents=last, output=output, output_digest=digest_of(output),
                calls=int(role == "assistant"), tokens=_tokens(usage), extra={"message": _rest(message)},
            )  # fmt: skip
            last, caller = (identity,), identity
            for key, tool, arguments in _calls(message):
                callers[key] = (identity, tool, arguments)
        steps.append(step)
    spoken = next((s for s in reversed(steps) if s.node == "assistant"), None)
    verdict = read_verdict("\n".join(_said(spoken))) if spoken is not None else None
    return Trace(
        run=run,
        source=SOURCE,
        steps=tuple(steps),
        verdict=verdict,
        complete=verdict is not None,
        extra=dict(extra or {}),
    )


def _runs(given: Any, run: str, where: str) -> Iterator[Trace]:
    if isinstance(given, Mapping) and "messages" in given:
        rest = {k: plain(v) for k, v in given.items() if k != "messages"}
        yield messages_trace(given["messages"], str(rest.get("run") or rest.get("id") or run), rest)
    elif isinstance(given, (list, tuple)) and given and isinstance(given[0], (list, tuple)):
        for number, one in enumerate(given, 1):
            yield messages_trace(one, f"{run}-{number}")
    elif isinstance(given, (list, tuple)) and given and isinstance(given[0], Mapping) and "messages" in given[0]:
        for number, one in enumerate(given, 1):
            yield from _runs(one, f"{run}-{number}", where)
    elif isinstance(given, (list, tuple)) and given:
        yield messages_trace(given, run)
    else:
        raise BadInput(where, "there is no list of messages in it", 'give [{"role": ..., "content": ...}, ...]')


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(where, f"this is not JSON ({error})", "give a list of messages") from None


def _plain_message(given: Any, where: str) -> dict[str, Any]:
    message = plain(given)
    if isinstance(message, dict) and isinstance(message.get("data"), dict) and "type" in message:
        message = {"type": message["type"], **message["data"]}  # LangChain's message_to_dict
    if not isinstance(message, dict) or not (message.get("role") or message.get("type")):
        raise BadInput(where, "it has neither a role nor a type", 'give {"role": ..., "content": ...}')
    return message


def _role(message: Mapping[str, Any]) -> str:
    role = str(message.get("role") or message.get("type"))
    return _ROLES.get(role, role)


def _rest(message: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in message.items() if k != "content"}


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Id, tool and arguments of a message's tool calls, in OpenAI's form or LangChain's."""
    for call in message.get("tool_calls") or ():
        if not isinstance(call, Mapping):
            continue
        inner = call.get("function")
        function = inner if isinstance(inner, Mapping) else call
        given = function.get("arguments", function.get("args", {}))
        if isinstance(given, str):
            try:
                given = json.loads(given)
            except ValueError:
                given = {"arguments": given}
        yield str(call.get("id")), str(function.get("name") or "tool"), given if isinstance(given, dict) else {}


def _tokens(usage: Any) -> dict[str, int]:
    if not isinstance(usage, Mapping):
        return {}
    told = {
        "input": usage.get("input_tokens", usage.get("prompt_tokens")),
        "output": usage.get("output_tokens", usage.get("completion_tokens")),
    }
    return {k: v for k, v in told.items() if isinstance(v, int)}


def _said(step: Step) -> list[str]:
    content = step.output.get("text", step.output.get("content"))
    return [content] if isinstance(content, str) else [c for c in content or () if isinstance(c, str)]
