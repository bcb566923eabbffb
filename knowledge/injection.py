"""Text that looks like an instruction to the model rather than a fact about an object.

Facts are data: delimited and escaped in every prompt. This is the second line: what commands a model is kept out of
recall until a person has approved it. It reads words and likeness, not intent; figures are in
tests/knowledge/test_injection.py. A sentence that is an acceptance criterion from its first word to its last has no
room for anything else, and is none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Fact
from .embedding import Embed
from .embedding import embed as minilm
from .fact import allowed_types
from .limits import read_criterion
from .stance import rejected_types
from .starter import starter_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHOSE = (
    r"(?:all |any |the |these |those |your |my |our |of |previous |prior |above |earlier |preceding |other |safety )*"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|guidelines?|messages?|facts?|orders|directions?|context|criteria|images?|"
    r"pictures?|text)"
)
_VERDICT = r"(?:normal|anomalous|good|defective|ok(?:ay)?|passed|pass|fail|perfect|defect[- ]free|acceptable|flawless)"
_PATTERNS = tuple(
    (why, re.compile(pattern, re.IGNORECASE))
    for why, pattern in (
        (
            "tells the reader to ignore something",
            rf"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook) {_WHOSE}{_ORDERS}\b"
            r"|\b(?:ignore|disregard|forget) (?:everything|anything|all|what)\b"
            r"|\b(?:ignoriere|vergiss|missachte|ignorez|oubliez|ignora|olvida|ignore as|negeer|zignoruj|ignorera)\b"
            r"|\b(?:игнорируй|игнорируйте|забудь|забудьте)\b|(?:忽略|无视|無視|忘记).{0,12}(?:指示|指令|说明|命令|提示)"
            r"|(?:指示|指令|命令).{0,6}(?:無視|忽略|无视)|지시.{0,6}무시|تجاهل",
        ),
        (
            "speaks to a model",
            r"\b(?:you are|act as|pretend|behave as|imagine you|roleplay)\b.{0,12}"
            r"\b(?:now an?|an? (?:ai|assistant|expert|inspector)|lenient|inspector|assistant)\b"
            r"|\b(?:as an? (?:ai|assistant|language model|llm)|system prompt|language model|chatbot|dear (?:ai|model)|"
            r"llms?)\b"
            r"|\b(?:ai|gpt|chatgpt|(?:inspector|inspection|vision|reasoning) model|whoever reads|reader of this)\b"
            r"|\b(?:du bist|sie sind) (?:jetzt|nun|ein)\b"
            r"|\b(?:your|deine) (?:task|role|job|instructions?|answer|response|output|reply|system|prompt|final|"
            r"aufgabe|antwort)\b",
        ),
        (
            "looks like a turn of a conversation",
            r"(?:^|[\s>])(?:system|assistant|user|human|developer)\s*:\s"
            r"|<\|?/?(?:im_start|im_end|system|assistant|user|fact|facts|image|endoftext|s)\b[^>]*>|\[/?INST\]|###\s*\w+:",
        ),
        (
            "dictates an answer",
            rf"\b(?:answer|respond|reply|return|output|print|say|write)\b(?: \w+)? (?:only |just |always |with |that |"
            rf"\"|')*(?:true|false|yes|no|json|{_VERDICT})\b"
            r"|\b(?:always|only|never|must|just) (?:answer|respond|reply|say|output)\b"
            r"|\b(?:classify|label|mark|rate|report|declare|treat|judge|call|consider|grade) "
            rf"(?:it|this|that|these|every|everything|all|any|each)\b.{{0,40}}\b(?:as|to be|is|are|:)? ?{_VERDICT}\b"
            r"|\b(?:return|conclude|output|finish with|end with|decide|declare|claim|announce)\b.{0,30}"
            r"\b(?:verdict|fine|positive|no defects?|nothing|passed|normal)\b"
            r"|\bverdict ?[:=]|\blet (?:the|this|all|every|each|any) \w+ pass\b"
            r"|\b(?:every|all|any|each) (?:\w+ ){1,2}(?:counts?|must count|(?:is|are) (?:considered|deemed|regarded)) "
            rf"(?:as )?{_VERDICT}\b"
            r"|\b(?:override|bypass|skip|stop|end|abort) (?:the |all |any |this )?"
            r"(?:threshold|comparison|inspect\w*|checks?|review|verification|criteria|examination)\b"
            r"|\b(?:antworte|antworten sie|répondez|responde) ",
        ),
        (
            "asks for secrets or for a deed",
            r"\b(?:reveal|repeat|leak|disclose|show|print|send|post|upload|email|exfiltrate)\b.{0,30}"
            r"\b(?:prompt|instructions?|password|secrets?|keys?|api|history|conversation|https?)\b"
            r"|\b(?:call|use|invoke|run|execute) the [\w ]{0,20}(?:tool|function|command|code|script)\b"
            r"|\b(?:visit|open|fetch|download|click|go to)\b.{0,20}(?:https?://|www\.)"
            r"|\b(?:rm -rf|sudo|curl|wget|eval\(|exec\(|import os)\b|<script",
        ),
        (
            "asks for silence",
            r"\b(?:do not|don't|never) (?:mention|reveal|disclose|cite|flag|inform|alert|notify)\b",
        ),
    )
)  # fmt: skip


THRESHOLD = 0.04
"""Above this a sentence lies nearer to instructions than to facts. Chosen on the examples, each left out in turn."""


def why_suspicious(text: str) -> str:
    """Why a sentence looks by its words like an instruction to a model, briefly; "" where it does not."""
    # Look-alike letters and marks between letters hide a word from a pattern, not from a model.
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    plain = " ".join(plain.split())
    return next((why for why, pattern in _PATTERNS if pattern.search(plain)), "")


class Screen:
    """Looks at facts by their words, and by their meaning where they were embedded by MiniLM.

    By meaning: which side of the middle between examples of instructions and of facts (starter/injections.jsonl) it
    lies on. Of another embedding the threshold is not known, and in other languages than English MiniLM does not tell
    (of 13 facts in 10 of them 7 lay above it, of 8 instructions 7): there the words alone count.
    """

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._means = embed is minilm

    def why(self, fact: Fact, vector: NDArray[np.float32] | None = None) -> str:
        """Why a fact is suspicious, briefly; "" where it is not. Without its vector the words alone count."""
        by_words = why_suspicious(fact.text)
        if by_words or vector is None or not self._means or not _english(fact.text):
            return by_words
        if read_criterion(fact.text) or allowed_types(fact.text) or rejected_types(fact.text):
            return ""
        direction, middle = self._line
        return "is worded like an instruction to a model" if float(vector @ direction) - middle > THRESHOLD else ""

    @cached_property
    def _line(self) -> tuple[NDArray[np.float32], float]:
        rows = examples()
        vectors = self._embed([text for text, _ in rows])
        bad = np.array([injected for _, injected in rows])
        one, other = vectors[bad].mean(0), vectors[~bad].mean(0)
        return one - other, float((one @ one - other @ other) / 2)


_ENGLISH_WORDS = """
the is are were be been of and to with that this these those it its not no for you your all any must should when by
if from or have has on at than which where there can may up do does
"""
_OTHER_WORDS = """
der das dem den des ein eine einen einer und oder ist sind nicht mit von zu zur zum im auf für bei durch wird werden
kann le la les du un une et ou est sont ne pas par dans sur sous el los las y es il lo gli di che è e não de het een en
van zijn
"""
_ENGLISH, _OTHER = frozenset(_ENGLISH_WORDS.split()), frozenset(_OTHER_WORDS.split())


def _english(text: str) -> bool:
    """True where one word in seven at least is one that English sentences are held together by, and fewer hold
    German, French, Spanish, Italian or Dutch ones together (an, was and will are German as well, and do not count)."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    english = sum(w in _ENGLISH for w in words)
    return english * 7 >= len(words) > 0 and english > sum(w in _OTHER for w in words)


def examples() -> list[tuple[str, bool]]:
    """Sentences, and whether each is an instruction: the file's and the starter pack's."""
    text = (resources.files(__package__) / "starter" / "injections.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [(r["text"], bool(r["injected"])) for r in rows] + [(f.text, False) for f in starter_facts()]
