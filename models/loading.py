"""From a name to a chat model. Cheap to import: torch and transformers come with the first local model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel

from ..errors import BadInput
from ..settings import Settings, get_settings
from .endpoint import ainvoke_safely, invoke_safely, openai_model, url_model
from .folder import find_folder, identity, is_hub_id

if TYPE_CHECKING:
    from .engine import LocalEngine

__all__ = ["ainvoke_safely", "invoke_safely", "load_engine", "load_model", "model_name"]

FORMS = "`nano`, a folder, a Hugging Face id `org/name`, `openai:NAME`, or `http://host:port/v1#model-name`"

_engines: dict[tuple[str, str, str], LocalEngine] = {}
_loading = threading.Lock()


def load_model(model: str | BaseChatModel, settings: Settings | None = None) -> BaseChatModel:
    """The chat model that `model` names.

    Args:
        model: `nano`; an existing folder; a Hugging Face id in the local cache; `openai:NAME`; the base URL of an
            OpenAI-compatible endpoint, with `#model-name` where it serves several; or a LangChain chat model, which is
            returned as it is.
        settings: device, threads and the endpoint's timeout; None takes the process's.

    Raises:
        BadInput: another form, no such folder, an id that is not cached, or a model that cannot be loaded.
        RunFailed: an endpoint that must be asked for its models does not answer; a device that is not there.
    """
    if isinstance(model, BaseChatModel):
        return model
    if not isinstance(model, str) or not model.strip():
        raise BadInput(f"model {model!r}", "this names no model", f"use {FORMS}")
    settings = settings or get_settings()
    name = model.strip()
    if name.startswith("openai:") and len(name) > len("openai:"):
        return openai_model(name.removeprefix("openai:"), settings.endpoint_timeout)
    if name.lower().startswith(("http://", "https://")):
        return url_model(name, settings.endpoint_timeout)
    from .chat import ChatVLM

    return ChatVLM(engine=load_engine(name, settings))


def load_engine(name: str, settings: Settings | None = None, *, allow_download: bool = False) -> LocalEngine:
    """The engine of a local model; the same weights on the same device are loaded once a process.

    Args:
        name: `nano`, a folder, or a Hugging Face id.
        settings: device and threads; None takes the process's.
        allow_download: fetch an id that is not in the local cache (as SAGE_INSPECT_ALLOW_DOWNLOAD=1 does).

    Raises:
        BadInput, RunFailed: as `load_model`.
    """
    settings = settings or get_settings()
    if name != "nano" and not Path(name).expanduser().is_dir() and not is_hub_id(name):
        raise BadInput(f"model {name!r}", "no such folder and no known form", f"use {FORMS}")
    folder = find_folder(name, allow_download=allow_download)
    # The content belongs to the key: a folder that was trained further is another model.
    key = (str(folder.resolve()), identity(folder), settings.device)
    with _loading:
        if key not in _engines:
            from .engine import LocalEngine

            _engines[key] = LocalEngine(folder, device=settings.device, threads=settings.threads)
        return _engines[key]


def model_name(model: Any) -> str:
    """A model's name for traces: `nano@1a2b3c4d` for a local one, else the endpoint's name for it, else its class."""
    for attribute in ("model_name", "model", "model_id"):
        value = getattr(model, attribute, None)
        if isinstance(value, str) and value:
            return value
    return type(model).__name__
