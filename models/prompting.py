"""From turns to a model's own prompt text, with every special token in user text made harmless. Free of torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ..errors import BadInput
from .fact_lines import wrap_facts
from .request import Turn

_PROBE = "sageprobe"
_MARKUP = re.compile(r"<.*>", re.DOTALL)


class Prompter:
    """Renders conversations with the chat template of a model's processor.

    Text never tokenises into special tokens: a special token's string gets a space after its first character, and
    the tokenizer is asked whether that held (design.md, Promises).

    Args:
        processor: a transformers processor with a tokenizer and a chat template.
        name: of the model, for errors.
        mark_facts: put each fact of a user's text between `<fact>` and `</fact>` (`fact_lines.wrap_facts`): for a model
            with trained fusion, whose tokenizer holds the two.

    Raises:
        BadInput: no chat template, or one that drops the text of a user's message.
    """

    def __init__(self, processor: Any, name: str, *, mark_facts: bool = False) -> None:
        self.processor = processor
        self.mark_facts = mark_facts
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self.name = name
        if not (getattr(processor, "chat_template", None) or getattr(self.tokenizer, "chat_template", None)):
            raise BadInput(f"model {name}", "its folder has no chat template", "name an instruction-tuned model")
        self._strings = self._control_strings()
        words = sorted(self._strings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None
        ids = {self.tokenizer.convert_tokens_to_ids(s) for s in self._strings}
        self._control_ids = ids - {None, self.tokenizer.unk_token_id}
        self._system = self._probe_system()

    def _control_strings(self) -> set[str]:
        tokenizer = self.tokenizer
        found = set(tokenizer.all_special_tokens)
        for token in tokenizer.added_tokens_decoder.values():
            # Of the ordinary added tokens only markup such as <think>: `[F1]` may be one, and must stay what it is.
            if token.special or _MARKUP.fullmatch(token.content):
                found.add(token.content)
        for owner in (self.processor, tokenizer):
            # Processors expand placeholders by string search, whether or not the tokenizer holds them as special.
            for key, value in list(vars(owner).items()):
                if key.endswith("_token") and isinstance(value, str):
                    found.add(value)
        return {s for s in found if len(s.strip()) > 1}

    def _probe_system(self) -> str | None:
        """How the template takes a system message: as `blocks`, as `text`, or not at all (None)."""
        user = {"role": "user", "content": [{"type": "text", "text": _PROBE}]}
        if _PROBE not in (self._try([user]) or ""):
            raise BadInput(
                f"model {self.name}", "its chat template takes no text blocks", "name a vision-language model"
            )
        for shape in ("blocks", "text"):
            system = {"role": "system", "content": _content([], _PROBE) if shape == "blocks" else _PROBE}
            text = self._try([system, {"role": "user", "content": [{"type": "text", "text": "x"}]}])
            if text is not None and _PROBE in text and "'type'" not in text:
                return shape
        return None

    def _try(self, conversation: list[dict[str, Any]]) -> str | None:
        try:
            return self.processor.apply_chat_template(conversation, add_generation_prompt=True)
        except Exception:  # a template may raise anything for a role it does not know; that is the answer
            return None

    def harmless(self, text: str) -> str:
        """`text` in which no special token of this model is left, e.g. `<image>` becomes `< image>`.

        Raises:
            BadInput: one is left in a form that could not be taken apart.
        """
        safe = self._split(text)
        if not self._leaks(safe):
            return safe
        # A tokenizer that normalises Unicode may read full-width brackets as plain ones.
        safe = self._split(unicodedata.normalize("NFKC", text))
        if self._leaks(safe):
            raise BadInput("the prompt's text", f"it holds a control token of {self.name}", "remove it")
        return safe

    def _marked(self, role: str, text: str) -> str:
        return wrap_facts(text) if self.mark_facts and role == "user" else text

    def _split(self, text: str) -> str:
        for _ in range(8):
            if self._pattern is None or not self._pattern.search(text):
                break
            text = self._pattern.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text)
        return text

    def _leaks(self, text: str) -> bool:
        return not self._control_ids.isdisjoint(self.tokenizer.encode(text, add_special_tokens=False))

    def render(self, turns: Sequence[Turn]) -> str:
        """The prompt, up to where the assistant begins.

        Turns of the same role in a row become one; where the template has no system role its text leads the first
        user turn.

        Raises:
            BadInput: no turns, or a conversation that the template refuses.
        """
        merged = _merge([Turn(t.role, t.images, self._marked(t.role, self.harmless(t.text))) for t in turns])
        if self._system is None:
            merged = _fold_system(merged)
        if not any(t.role == "user" for t in merged):
            raise BadInput("the messages", "none of them is from the user", "add a HumanMessage")
        conversation = [
            {
                "role": t.role,
                "content": t.text if t.role == "system" and self._system == "text" else _content(t.images, t.text),
            }
            for t in merged
        ]
        try:
            return self.processor.apply_chat_template(conversation, add_generation_prompt=True)
        except Exception as error:  # jinja's raise_exception, or a template that trips over a message's shape
            raise BadInput(
                "the messages",
                f"the chat template of {self.name} refuses them ({error})",
                "let user and assistant alternate",
            ) from error


def _content(images: Sequence[Any], text: str) -> list[dict[str, str]]:
    return [*({"type": "image"} for _ in images), {"type": "text", "text": text}]


def _merge(turns: Sequence[Turn]) -> list[Turn]:
    merged = []
    for role, group in groupby(turns, key=lambda t: t.role):
        same = list(group)
        images = tuple(image for t in same for image in t.images)
        merged.append(Turn(role, images, "\n".join(t.text for t in same if t.text)))
    return merged


def _fold_system(turns: list[Turn]) -> list[Turn]:
    system = "\n".join(t.text for t in turns if t.role == "system")
    rest = _merge([t for t in turns if t.role != "system"])
    if system:
        for i, turn in enumerate(rest):
            if turn.role == "user":
                rest[i] = Turn("user", turn.images, f"{system}\n{turn.text}")
                break
    return rest
