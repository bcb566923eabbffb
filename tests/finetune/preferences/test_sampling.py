"""Sampling answers: repeatable, each different one once, in the order in which they were drawn."""

from __future__ import annotations

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.preferences.sampling import AT_ONCE, LONGEST, Sampler


class Echo(BaseChatModel):
    """A chat model that says what it was asked, and notes how."""

    calls: list = []
    words: str = "{text} {turn}"

    @property
    def _llm_type(self):
        return "echo"

    def _generate(self, messages, stop=None, run_manager=None, **options):
        parts = messages[-1].content
        text = " ".join(p["text"] for p in parts if p["type"] == "text")
        self.calls.append((text, options["seed"], options["temperature"], parts))
        said = self.words.format(text=text, turn=options["seed"] % 1009)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(said))])


@pytest.fixture
def picture(tmp_path):
    Image.new("RGB", (60, 40), (10, 20, 30)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_each_question_has_its_own_answers_in_order(picture):
    model = Echo(calls=[])
    found = Sampler(model, samples=3, seed=2).answers([picture], ["One?", "Two?"])
    assert found == [["One? 0", "One? 1", "One? 2"], ["Two? 0", "Two? 1", "Two? 2"]]
    # The k-th sample of a question always has the same seed, whatever else is asked.
    assert {(text, seed) for text, seed, *_ in model.calls} == {
        (text, 2 * 1009 + k) for text in ("One?", "Two?") for k in range(3)
    }
    assert {temperature for *_, temperature, _ in model.calls} == {1.0}


def test_samples_of_another_seed_are_others():
    first, second = Echo(calls=[]), Echo(calls=[])
    Sampler(first, samples=4, seed=0).answers([], ["x"])
    Sampler(second, samples=4, seed=1, temperature=0.5).answers([], ["x"])
    assert not {c[1] for c in first.calls} & {c[1] for c in second.calls}
    assert {c[2] for c in second.calls} == {0.5}


def test_the_same_answer_counts_once_and_an_empty_one_not_at_all():
    assert Sampler(Echo(calls=[], words="  same \n words ")).answers([], ["x", "y"]) == [["same words"], ["same words"]]
    assert Sampler(Echo(calls=[], words="  ")).answers([], ["x"]) == [[]]
    assert Sampler(Echo(calls=[])).answers([], []) == []


def test_more_questions_than_go_at_once():
    prompts = [f"q{n}" for n in range(AT_ONCE + 3)]
    found = Sampler(Echo(calls=[]), samples=2).answers([], prompts)
    assert [answers[0] for answers in found] == [f"{p} 0" for p in prompts]


def test_images_are_scaled_down_and_shown_before_the_prompt(picture, tmp_path):
    Image.new("RGB", (3 * LONGEST, 30)).save(tmp_path / "wide.png")
    model = Echo(calls=[])
    Sampler(model, samples=1).answers([picture, tmp_path / "wide.png"], ["What?"])
    kinds = [part["type"] for part in model.calls[0][3]]
    assert kinds[-1] == "text"
    assert len(kinds) == 3


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(BadInput, match=r"text\.png"):
        Sampler(Echo(calls=[])).answers([tmp_path / "text.png"], ["x"])
    with pytest.raises(BadInput):
        Sampler(tmp_path / "gone")
