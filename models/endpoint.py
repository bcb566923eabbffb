"""OpenAI-compatible endpoints: the chat model for a URL, and failures told in one line. Free of torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from ..errors import BadInput, RunFailed, SageInspectError

LIST_TIMEOUT = 5.0
"""Seconds to wait for an endpoint's list of models."""

_refuse_logprobs: set[tuple[str, str]] = set()


def openai_model(name: str, timeout: float) -> BaseChatModel:
    """A model of OpenAI's API, or of the endpoint that OPENAI_BASE_URL names; the key comes from OPENAI_API_KEY.

    Args:
        name: e.g. `gpt-4o`.
        timeout: seconds a call may take.
    """
    return _chat(name, os.environ.get("OPENAI_BASE_URL") or None, timeout)


def url_model(url: str, timeout: float) -> BaseChatModel:
    """The model behind `http(s)://host:port/v1`; `#name` at the end says which, else the endpoint is asked.

    Args:
        url: base URL; a bare host gets `/v1`.
        timeout: seconds a call may take.

    Raises:
        BadInput: no host, or the endpoint serves several models or none.
        RunFailed: it does not list its models.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise BadInput(f"model {url!r}", "the URL names no host", "use http://host:port/v1#model-name")
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/v1", "", ""))
    return _chat(parts.fragment or _only_model(base, min(timeout, LIST_TIMEOUT)), base, timeout, responses=False)


def _chat(name: str, base: str | None, timeout: float, responses: bool | None = None) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    options: dict[str, Any] = {"use_responses_api": responses}
    return ChatOpenAI(
        model=name,
        base_url=base,
        api_key=os.environ.get("OPENAI_API_KEY") or "none",  # type: ignore[arg-type]
        logprobs=True,
        top_logprobs=20,
        timeout=timeout,
        max_retries=1,
        temperature=0,
        **options,
    )


def _only_model(base: str, timeout: float) -> str:
    import httpx

    key = os.environ.get("OPENAI_API_KEY")
    try:
        answer = httpx.get(
            f"{base}/models", timeout=timeout, headers={"Authorization": f"Bearer {key}"} if key else None
        )
        answer.raise_for_status()
        names = [str(entry["id"]) for entry in answer.json()["data"]]
    except Exception as error:
        why = reason(error) or "its list of models cannot be read"
        raise RunFailed(shown(base), why, f"start it, or name the model: {shown(base)}#model-name") from error
    if len(names) != 1:
        listed = ", ".join(names[:8]) or "none"
        raise BadInput(shown(base), f"it serves {len(names)} models ({listed})", f"name one: {shown(base)}#model-name")
    return names[0]


def shown(url: str) -> str:
    """A URL for messages: without user name and password."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def reason(error: BaseException) -> str | None:
    """Why a call of an endpoint failed, in a few words; None where `error` is no failure of an endpoint."""
    import httpx
    import openai

    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return "it did not answer in time"
    if status is not None:
        words = {
            401: "it refuses the API key (401)",
            403: "it forbids this (403)",
            404: "it knows no such model or path (404)",
            429: "it is busy or the quota is used up (429)",
        }
        return words.get(status) or f"it answered {status} ({_message(error)})"
    if isinstance(error, openai.APIConnectionError | httpx.ConnectError):
        return "it cannot be reached"
    if isinstance(error, openai.OpenAIError | httpx.HTTPError):
        return f"{type(error).__name__}: {_message(error)}"
    return None


_REMEDIES = {
    "it did": "raise SAGE_INSPECT_ENDPOINT_TIMEOUT or use a faster model",
    "it refuses": "set OPENAI_API_KEY",
    "it knows": "check the model's name and the URL",
    "it cannot": "start it, or check the URL",
}


def told(error: Exception, model: BaseChatModel) -> Exception:
    """`error` as one line (what, why, remedy); this package's own errors stay what they are."""
    if isinstance(error, SageInspectError):
        return error
    base = getattr(model, "openai_api_base", None) or ("https://api.openai.com/v1" if _is_openai(model) else "")
    name = str(getattr(model, "model_name", None) or type(model).__name__)
    what = f"model {name} at {shown(base)}" if base else f"model {name}"
    why = reason(error) or f"the call failed ({type(error).__name__}: {_message(error)})"
    remedy = next((r for head, r in _REMEDIES.items() if why.startswith(head)), "try again, or see the server's log")
    return RunFailed(what, why, remedy)


def _message(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _is_openai(model: BaseChatModel) -> bool:
    return model._llm_type == "openai-chat"


def _key(model: BaseChatModel) -> tuple[str, str]:
    return str(getattr(model, "openai_api_base", "")), str(getattr(model, "model_name", ""))


def _plain(model: BaseChatModel) -> BaseChatModel:
    return model.model_copy(update={"logprobs": None, "top_logprobs": None})


def _known(model: BaseChatModel) -> BaseChatModel:
    """The model as it is, or without logprobs where its endpoint has refused them before."""
    return _plain(model) if _key(model) in _refuse_logprobs and _is_openai(model) else model


def _retry(model: BaseChatModel, error: Exception) -> BaseChatModel | None:
    """The model without logprobs, if that is what the endpoint has complained about."""
    status = getattr(error, "status_code", None)
    complains = status in (400, 422, 501) and "logprob" in str(error).lower()
    if not (complains and _is_openai(model) and getattr(model, "logprobs", None)):
        return None
    _refuse_logprobs.add(_key(model))
    return _plain(model)


def invoke_safely(model: BaseChatModel, messages: Sequence[BaseMessage], **options: Any) -> AIMessage:
    """`model.invoke(messages, **options)`; an endpoint that refuses log-probabilities is asked again without.

    Raises:
        RunFailed: connection refused, timeout, 401, 404, 5xx or any other failure of the call, in one line.
        BadInput: from a local model: messages it cannot take.
    """
    used: BaseChatModel | None = _known(model)
    failure: Exception = RuntimeError("no attempt was made")
    while used is not None:
        try:
            return used.invoke(list(messages), **options)
        except Exception as error:
            failure, used = error, _retry(used, error)
    raise told(failure, model) from _cause(failure)


async def ainvoke_safely(model: BaseChatModel, messages: Sequence[BaseMessage], **options: Any) -> AIMessage:
    """`invoke_safely` without blocking the event loop."""
    used: BaseChatModel | None = _known(model)
    failure: Exception = RuntimeError("no attempt was made")
    while used is not None:
        try:
            return await used.ainvoke(list(messages), **options)
        except Exception as error:
            failure, used = error, _retry(used, error)
    raise told(failure, model) from _cause(failure)


def _cause(error: Exception) -> BaseException | None:
    return error.__cause__ if isinstance(error, SageInspectError) else error
