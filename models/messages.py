"""Images and text in LangChain messages: building them, and reading them back for the local model."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from PIL import Image

from ..errors import BadInput
from ..images import decode, encode_png

_DATA_URL = re.compile(r"data:[^;,]*(?:;[^;,]+)*;base64,(?P<data>.*)", re.DOTALL | re.IGNORECASE)
_REMEDY = "put the image itself into the message (sage_inspect.models.messages.image_block)"


def image_block(image: Image.Image | bytes) -> dict[str, Any]:
    """A standard LangChain image block: `{"type": "image", "base64": ..., "mime_type": "image/png"}`.

    Args:
        image: a PIL image, or the bytes of an image file (decoded and written again: EXIF rotation is applied).

    Raises:
        BadInput: bytes that are no readable image.
    """
    if isinstance(image, bytes):
        image = decode(image, "image bytes")
    elif image.mode not in ("L", "RGB"):
        keeps_depth = image.mode in ("RGBA", "LA", "P", "1") or image.mode.startswith("I;16")
        image = decode(encode_png(image), "PIL image") if keeps_depth else image.convert("RGB")
    return {"type": "image", "base64": base64.b64encode(encode_png(image)).decode(), "mime_type": "image/png"}


def human(images: Sequence[Image.Image | bytes], text: str) -> HumanMessage:
    """A user's message in the order of method.md section 1: images (test, then reference), then text."""
    return HumanMessage(content=[*map(image_block, images), {"type": "text", "text": text}])


def read_blocks(message: BaseMessage) -> tuple[list[Image.Image], str]:
    """The images (`L` or `RGB`, in order) and the text of a message; several texts are joined by a line break.

    Takes plain strings, LangChain's standard blocks (today's and the ones before 1.0), OpenAI's `image_url` with a
    data URL, and Anthropic's base64 source.

    Raises:
        BadInput: a remote or file URL (nothing is fetched), an image that cannot be read, or another kind of block.
    """
    if isinstance(message.content, str):
        return [], message.content
    images: list[Image.Image] = []
    texts: list[str] = []
    for block in message.content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") in ("text", "input_text") and isinstance(block.get("text"), str):
            texts.append(block["text"])
        elif block.get("type") in ("image", "image_url", "input_image"):
            images.append(decode(_image_bytes(block), "image in the message"))
        else:
            raise BadInput(
                f"a message block of type {block.get('type')!r}",
                "the local model reads text and images",
                "leave it out or name a remote model",
            )
    return images, "\n".join(texts)


def _image_bytes(block: Mapping[str, Any]) -> bytes:
    inner = block.get("source") or block.get("image_url") or block
    if isinstance(inner, str):
        inner = {"url": inner}
    url = inner.get("url")
    if isinstance(url, str):
        match = _DATA_URL.fullmatch(url)
        if match is None:
            raise BadInput(f"image URL {url[:60]!r}", "URLs are not fetched", _REMEDY)
        return _unbase64(match["data"])
    data = inner.get("base64") or inner.get("data")
    if isinstance(data, bytes):
        return data
    if not isinstance(data, str):
        raise BadInput("an image block", "it holds neither base64 nor a data URL", _REMEDY)
    return _unbase64(data)


def _unbase64(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("an image block", "its base64 is damaged", _REMEDY) from None
