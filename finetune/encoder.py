"""Questions and answers as a model reads them in training: token for token what the engine gives it at inference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from ..errors import BadInput
from ..images import decode
from ..models.folder import SageCard
from ..models.pairing import pair_images
from ..models.prompting import Prompter
from ..models.request import Turn
from .edpo.questions import Question

_PROBE = "sageprobe"


class Encoder:
    """Writes questions and answers as the model's chat template does.

    Args:
        processor: of an image-text-to-text model, with a chat template.
        card: of the model's folder; with `pair_channels` images go through `models.pairing.pair_images`.
        name: of the model, for errors.
        limit: its context in tokens; None for no limit. What is longer is refused, never cut off.
        facts: put the fact lines of prompts between the tokens of SFE fusion (models/fact_lines.py).

    Raises:
        BadInput: no chat template, or one that takes no text.
    """

    def __init__(
        self,
        processor: Any,
        card: SageCard | None = None,
        *,
        name: str = "model",
        limit: int | None = None,
        facts: bool = False,
    ) -> None:
        self.processor = processor
        self.card = card or SageCard()
        self.limit = limit
        self.prompter = Prompter(processor, name, mark_facts=facts)
        self.tokenizer = self.prompter.tokenizer
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self._lead, self._end = self._frame()
        self._extra: dict[tuple[tuple[int, int], ...], int] = {}

    def _frame(self) -> tuple[str, str]:
        """What the template writes before an assistant's text (white space or nothing), and the token that ends it."""
        user = {"role": "user", "content": [{"type": "text", "text": "x"}]}
        eos = self.tokenizer.eos_token or ""
        for content in ([{"type": "text", "text": _PROBE}], _PROBE):
            try:
                asked = self.processor.apply_chat_template([user], add_generation_prompt=True)
                told = self.processor.apply_chat_template([user, {"role": "assistant", "content": content}])
            except Exception:  # a template may raise anything for a shape that it does not know
                continue
            lead, found, end = told.removeprefix(asked).partition(_PROBE)
            if found and told.startswith(asked) and not lead.strip():
                return lead, self._end_token(end.strip()) or eos
        return "", eos

    def _end_token(self, text: str) -> str:
        """The special token that `text` begins with, or ""."""
        first = self.tokenizer.encode(text, add_special_tokens=False)[:1] if text else []
        return self.tokenizer.decode(first).strip() if first and first[0] in self.tokenizer.all_special_ids else ""

    def images(self, question: Question) -> list[Image.Image]:
        """The question's images as the processor shall get them.

        Raises:
            BadInput: one cannot be read, or there are more than two for a pair model; names the record.
        """
        opened = [_read(question.id, path) for path in question.images]
        if not self.card.pair_channels or not opened:
            return [image.convert("RGB") for image in opened]
        if len(opened) > 2:
            raise BadInput(f"record {question.id}", f"{len(opened)} images", "give test and reference at most")
        return pair_images(opened[0], opened[1] if len(opened) > 1 else None, self.card.image_size)

    def prompt(self, question: Question, images: Sequence[Any]) -> str:
        """The prompt's text up to where the assistant begins; of the images only the number counts."""
        return self.prompter.render([Turn("user", tuple(images), question.prompt)])

    def answer(self, text: str) -> list[int]:
        """Token ids of an answer with the end that the template gives it."""
        written = f"{self._lead}{self.prompter.harmless(text)}{self._end}"
        return list(self.tokenizer(written, add_special_tokens=False)["input_ids"])

    def prompts(self, questions: Sequence[Question]) -> dict[str, Tensor]:
        """The processor's output for the prompts of `questions`, padded on the left.

        Where some have images and some have none, one with images must come first: processors look at the first.
        """
        images = [self.images(q) for q in questions]
        texts = [self.prompt(q, i) for q, i in zip(questions, images, strict=True)]
        return self._process(texts, images)

    def _process(self, texts: list[str], images: list[list[Image.Image]]) -> dict[str, Tensor]:
        # A template that writes the first token itself must not get a second one from the tokenizer.
        bos = self.tokenizer.bos_token
        extra: dict[str, Any] = {"add_special_tokens": False} if bos and texts[0].startswith(bos) else {}
        if any(images):
            extra["images"] = images
        return dict(self.processor(text=texts, padding=True, padding_side="left", return_tensors="pt", **extra))

    def length(self, question: Question, sizes: Sequence[tuple[int, int]]) -> int:
        """Tokens of the question with its longest answer.

        Args:
            question: its files are not opened.
            sizes: (width, height) of its images as the processor gets them; how many tokens they take is tried once.
        """
        text, key = self.prompt(question, sizes), tuple(sizes)
        plain = len(self.tokenizer(text)["input_ids"])
        if key not in self._extra:
            blank = [Image.new("RGB", size) for size in sizes]
            self._extra[key] = int(self._process([text], [blank])["input_ids"].shape[1]) - plain
        return plain + self._extra[key] + max(len(self.answer(answer)) for answer in question.answers)

    def check(self, questions: Sequence[Question]) -> list[int]:
        """Tokens of each question with its longest answer, from text and image headers; no image is decoded.

        Raises:
            BadInput: one exceeds the limit, or an image's header cannot be read; names the record.
        """
        lengths = []
        for question in questions:
            side = self.card.image_size
            sizes = [image_size(question.id, path) for path in question.images]
            lengths.append(self.length(question, [(side, side)] * len(sizes) if self.card.pair_channels else sizes))
            self.refuse(question, lengths[-1])
        return lengths

    def refuse(self, question: Question, length: int) -> None:
        """Raise BadInput, which names the record, where `length` tokens exceed the limit."""
        if self.limit is not None and length > self.limit:
            raise BadInput(
                f"record {question.id}",
                f"{length} tokens with its longest answer, the model takes {self.limit}",
                "shorten prompt or answers, use smaller images or drop it; nothing is cut off",
            )


def _read(owner: str, path: Path) -> Image.Image:
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        why = f"image {path} cannot be read ({error.strerror or error})"
        raise BadInput(f"record {owner}", why, "restore the file or drop the record") from None
    except BadInput as error:
        raise BadInput(f"record {owner}", f"image {error.what}: {error.why}", error.remedy) from None


def image_size(owner: str, path: Path) -> tuple[int, int]:
    """(width, height) of an image file from its header alone, upright.

    Raises:
        BadInput: not an image; names the record `owner`.
    """
    try:
        with Image.open(path) as image:
            # EXIF orientations 5 to 8 lie on their side.
            turned = image.getexif().get(0x0112, 1) >= 5
            return (image.height, image.width) if turned else image.size
    except Exception as error:  # Pillow raises OSError, ValueError, SyntaxError ... for a damaged header
        why = f"image {path} cannot be read ({type(error).__name__})"
        raise BadInput(f"record {owner}", why, "restore the file or drop the record") from None
