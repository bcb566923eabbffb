"""From a plain function to a LangChain tool: what it is for, its arguments checked, its failures as messages.

A tool's message is text; its artifact is JSON-plain and names images by digest. A failure is a message too, of one
line, with status `error`, so that a model can act on it: nothing is raised into the graph.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict

from ..errors import BadInput, SageInspectError
from ..images import ImageStore
from ..prompts import as_data
from ..schema import ImageRef

log = logging.getLogger(__name__)

SHORT = 12
"""Hex digits of a digest that a model is shown and may give back."""
_AS_TOLD = "give the digest of an image as an earlier result names it"
Result = tuple[str, dict[str, Any]]
"""What a wrapped function returns: the message's text and the artifact."""


class Guide(NamedTuple):
    """A tool's description; each part is told, so that an agent finds out when to use it and when another one.

    Attributes:
        does: what it does and returns; when: when to use it; not_when: when not, and what to use instead.
    """

    does: str
    when: str
    not_when: str

    def text(self) -> str:
        """The description as a model reads it."""
        return f"{self.does}\nUse it {self.when}\nDo not use it {self.not_when}"


class Arguments(BaseModel):
    """Base of the arguments: an unknown one is an error that says so, rather than silently lost."""

    model_config = ConfigDict(extra="forbid")


def wrap(name: str, guide: Guide, arguments: type[Arguments], function: Callable[..., Result]) -> BaseTool:
    """`function` as a LangChain tool of this name.

    Args:
        name: as an agent calls it; guide: its description.
        arguments: the schema; `function` is called with its fields as keyword arguments.
        function: returns text and artifact. `BadInput` and `RunFailed` become the message's text; any other
            exception is logged with its traceback and becomes a line that says that the tool failed.
    """

    def run(**given: Any) -> Result:
        try:
            return function(**given)
        except SageInspectError as error:
            raise ToolException(f"{name}: {as_data(str(error))}") from error
        except Exception as error:
            log.exception("the tool %s failed", name)
            reason = f"it failed ({type(error).__name__})"
            raise ToolException(f"{name}: {reason}; try other arguments or go on without it") from error

    def told(error: Any) -> str:
        return f"{name}: {_misused(error)}"

    return StructuredTool(
        name=name,
        description=guide.text(),
        args_schema=arguments,
        func=run,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=told,
    )


def _misused(error: Any) -> str:
    """A validation error in one line: which argument, what is wrong with it."""
    parts = []
    for entry in error.errors()[:4]:
        where = ".".join(str(step) for step in entry["loc"]) or "arguments"
        parts.append(f"{as_data(where, 60)}: {as_data(str(entry['msg']), 120)}")
    return "; ".join(parts) + "; correct the arguments and call again"


def confined(images: ImageStore, roots: Iterable[Path]) -> ImageStore:
    """The same store for a caller that chooses paths itself: only files under `roots` are read."""
    return ImageStore(images.root, max_pixels=images.max_pixels, roots=roots)


def named_image(images: ImageStore, name: str) -> ImageRef:
    """The image that a model means: a digest, its first 12 or more digits, or a file under the store's roots.

    Raises:
        BadInput: unknown, ambiguous or unreadable; the remedy is one that a model can follow.
    """
    text = name.strip().removeprefix("sha256:").lower()
    if SHORT <= len(text) < 64 and all(c in "0123456789abcdef" for c in text):
        return images.put(_whole(images, text))
    try:
        return images.put(name)
    except BadInput as error:
        # What the store says is meant for its owner: where it lies and how to open it up is not a model's business.
        if "not in the image store" in error.why:
            raise BadInput(error.what, "no such image is stored", _AS_TOLD) from None
        if "outside the allowed folders" in error.why:
            raise BadInput(error.what, error.why, f"{_AS_TOLD}, or name a file in an allowed folder") from None
        raise


def _whole(images: ImageStore, start: str) -> str:
    found = [p.name for p in (images.root / start[:2]).glob(f"{start}*") if len(p.name) == 64]
    if len(found) != 1:
        why = "several images begin with it" if found else "no stored image begins with it"
        raise BadInput(f"image {start}", why, _AS_TOLD)
    return found[0]
