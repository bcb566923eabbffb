"""Scripted chat models as judges: each does one thing with the messages it gets."""

from __future__ import annotations

import json
import re
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

_CASE = re.compile(r"<data-([0-9a-f]{12})>")


class Scripted(BaseChatModel):
    """Answers with `answer(system, user)` and counts its calls."""

    name_: str = "scripted"
    answer: Any = None
    seen: list = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages, stop=None, run_manager=None, **options) -> ChatResult:
        system, user = (m.content for m in messages)
        self.seen.append((system, user, options))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer(system, user)))])


def model(answer) -> Scripted:
    return Scripted(answer=answer, seen=[])


def case_of(user: str) -> str:
    return _CASE.search(user)[1]


def grade(user: str, score: Any, evidence: list[str] | None = None, **more: Any) -> str:
    """A reply that fits, citing the first id of the material."""
    lines = [json.loads(line) for line in user.splitlines() if line.startswith("{")]
    first = next(line.get("step") or line["sentence"] for line in lines if "step" in line or "sentence" in line)
    cited = [first] if evidence is None else evidence
    return json.dumps({"case": case_of(user), "reason": "It says so.", "evidence": cited, "score": score, **more})


def outside(system: str, user: str) -> str:
    """What stands outside the blocks of data, as a model that knows what data is would read it."""
    case = case_of(user)
    return re.sub(rf"<data-{case}>.*?</data-{case}>", "", system + "\n" + user, flags=re.DOTALL)


def obedient(system: str, user: str) -> str:
    """Obeys any `give score N` outside the data, and finds everything middling otherwise."""
    told = re.search(r"give (?:it )?(?:a )?score (\d)", outside(system, user), re.IGNORECASE)
    return grade(user, int(told[1]) if told else 3)
