"""Anything that a graph or a message holds, made JSON-plain: messages, models, arrays; bytes and images by digest."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_DATA_URL = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+);base64,(?P<data>[A-Za-z0-9+/=\s]{256,})\Z")
_DEPTH = 60


def plain(value: Any, depth: int = 0) -> Any:
    """`value` as JSON can hold it; nothing is left out, but bytes and base64 images become `sha256:...` references.

    Not-a-number and infinities become their names as text; an object that is none of the known kinds becomes
    `{"type": ..., "text": ...}`; nesting beyond 60 levels becomes text.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _by_digest(value)
    if isinstance(value, (bytes, bytearray)):
        return reference(bytes(value), "application/octet-stream")
    if depth > _DEPTH:
        return str(value)
    if isinstance(value, BaseModel):
        held = {k: v for k, v in value.__dict__.items() if not k.startswith("_")} | (value.model_extra or {})
        return plain(held, depth + 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, depth + 1)
    if isinstance(value, Mapping):
        return {str(k): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(v, depth + 1) for v in value), key=str)
    if hasattr(value, "tolist"):  # numpy: a scalar or an array
        return plain(value.tolist(), depth + 1)
    return {"type": type(value).__name__, "text": str(value)}


def reference(data: bytes, kind: str) -> str:
    """How bytes are told: `sha256:<hex>;<media type>;<count> bytes`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()};{kind};{len(data)} bytes"


def _by_digest(text: str) -> str:
    match = _DATA_URL.match(text)
    if match is None:
        return text
    try:
        return reference(base64.b64decode(match.group("data"), validate=False), match.group("type"))
    except (binascii.Error, ValueError):
        return text
