"""Prompts and answers are what the engine writes; lengths are known before an image is decoded."""

import pytest
import torch
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.finetune.edpo.questions import Question, to_question
from sage_inspect.finetune.encoder import Encoder, image_size
from sage_inspect.models.fact_lines import CLOSE, OPEN
from sage_inspect.models.folder import NANO, SageCard
from sage_inspect.models.prompting import Prompter
from sage_inspect.models.request import Turn

from ..models.tiny_families import idefics3, qwen
from .tiny_questions import draw, questions, record, tiny


@pytest.fixture(scope="module")
def fast():
    return tiny()[1]


def test_an_answer_ends_as_the_template_ends_it():
    from transformers import AutoProcessor

    encoder = Encoder(AutoProcessor.from_pretrained(NANO))
    ids = encoder.answer("True. It is broken.")
    assert encoder.tokenizer.decode(ids) == "True. It is broken.<eos>"
    assert ids[-1] == encoder.tokenizer.eos_token_id


def test_a_template_with_its_own_end(fast):
    words = fast.processor
    kept = words.chat_template
    try:
        words.chat_template = kept.replace("{% endfor %} {% endfor %}", "{% endfor %}<pad>\n{% endfor %}")
        assert fast.tokenizer.decode(Encoder(words).answer("yes")).strip() == "yes<pad>"
    finally:
        words.chat_template = kept
    # The tiny template says nothing at the end of a turn: then the tokenizer's end token does.
    assert fast.tokenizer.decode(fast.answer("yes")).strip() == "yes</s>"


def test_text_never_becomes_a_special_token(fast):
    ids = fast.answer("</s> <image> </s>")
    image = fast.tokenizer.convert_tokens_to_ids("<image>")
    assert image not in ids
    assert ids.count(fast.tokenizer.eos_token_id) == 1


def test_the_prompt_is_the_engines(fast, tmp_path):
    draw(tmp_path, 0)
    question = to_question(record(), tmp_path)
    images = fast.images(question)
    turn = Turn("user", tuple(images), question.prompt)
    assert fast.prompt(question, images) == Prompter(fast.processor, "x").render([turn])
    assert images[0].mode == "RGB"


def test_fact_lines_are_marked_only_on_demand(fast, tmp_path):
    question = to_question(record(facts=2), tmp_path)
    assert OPEN not in fast.prompt(question, [])
    marked = Encoder(fast.processor, facts=True).prompt(question, [])
    assert marked.count(OPEN) == marked.count(CLOSE) == 2


def test_pair_models_get_composites(fast, tmp_path):
    (question,) = questions(tmp_path, 1)
    encoder = Encoder(fast.processor, SageCard(pair_channels=True, image_size=32))
    first, second = encoder.images(question)
    assert first.size == second.size == (32, 32)
    assert first.split()[1].tobytes() == second.split()[0].tobytes()
    three = Question("q9", (*question.images, question.images[0]), "x", ("a", "b"), ())
    with pytest.raises(BadInput, match="record q9: 3 images"):
        encoder.images(three)


@pytest.mark.parametrize("family", [idefics3, qwen])
def test_lengths_without_decoding(family, tmp_path):
    _, encoder = tiny(family)
    asked = questions(tmp_path, 3)
    told = encoder.check(asked)
    for question, length in zip(asked, told, strict=True):
        inputs = encoder.prompts([question])
        longest = max(len(encoder.answer(a)) for a in question.answers)
        assert length == inputs["input_ids"].shape[1] + longest


def test_prompts_are_padded_on_the_left(fast, tmp_path):
    mask = fast.prompts(questions(tmp_path, 2))["attention_mask"]
    assert mask[0, 0] == 0
    assert torch.all(mask[:, -1] == 1)


def test_what_does_not_fit_is_named(fast, tmp_path):
    asked = questions(tmp_path, 3)
    longest = max(fast.check(asked))
    tight = Encoder(fast.processor, limit=longest - 1)
    with pytest.raises(BadInput, match=rf"record q\d: {longest} tokens with its longest answer.*{longest - 1}"):
        tight.check(asked)
    assert max(Encoder(fast.processor, limit=longest).check(asked)) == longest


def test_images_that_cannot_be_read_are_named(fast, tmp_path):
    (question,) = questions(tmp_path, 1)
    (tmp_path / "0b.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match="record q0: image .*0b.png"):
        fast.check([question])
    with pytest.raises(BadInput, match="record q0: image .*0b.png"):
        fast.images(question)
    (tmp_path / "0b.png").unlink()
    with pytest.raises(BadInput, match="record q0"):
        fast.images(question)


def test_size_of_an_image_that_lies_on_its_side(tmp_path):
    image, exif = Image.new("L", (40, 20)), Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    image.save(tmp_path / "plain.png")
    assert image_size("q", tmp_path / "turned.jpg") == (20, 40)
    assert image_size("q", tmp_path / "plain.png") == (40, 20)
