import pytest
import torch

from sage_inspect.errors import BadInput
from sage_inspect.models.image_tokens import ImageLayout, image_numbers, image_token_counts, probe_layout

from . import tiny_families as tiny

X, G, S = 9, 8, 7  # image placeholder, mark before a last tile, separator


def numbers(row, layout, images=None):
    return image_numbers(torch.tensor([row]), layout, images)[0].tolist()


def test_constant():
    layout = ImageLayout((X,), "constant", tokens_per_image=2)
    assert numbers([0, X, X, X, X, 1], layout) == [0, 1, 1, 2, 2, 0]
    assert numbers([X, X, 5, X, X, X, X], layout) == [1, 1, 0, 2, 2, 3, 3]
    assert numbers([1, 2], layout) == [0, 0]


def test_runs():
    layout = ImageLayout((X, 6), "runs")
    assert numbers([X, X, S, 6, X, 1, X], layout) == [1, 1, 0, 2, 2, 0, 3]


def test_several_runs_make_one_image():
    layout = ImageLayout((X,), "last_tile", marker_id=G)
    row = [S, X, X, S, X, X, S, G, X, X, S, S, G, X, X, S, X, S, G, X]
    assert numbers(row, layout) == [0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 2, 2, 0, 3, 0, 0, 3]
    assert numbers([G, X, 1, X], layout) == [0, 1, 0, 2]


def test_an_even_share_by_row():
    layout = ImageLayout((X,), "even")
    ids = torch.tensor([[0, X, X, X, X, X, X], [0, 0, 0, X, X, X, X]])
    assert image_token_counts(ids, layout, [2, 1]) == [[3, 3], [4]]
    assert image_token_counts(ids, layout) == [[6], [4]]


def test_padding_changes_nothing():
    for layout in (
        ImageLayout((X,), "constant", 2),
        ImageLayout((X,), "runs"),
        ImageLayout((X,), "last_tile", None, G),
    ):
        row = [G, X, X, S, G, X, X, 3]
        assert numbers([0, 0, *row], layout)[2:] == numbers(row, layout) == numbers([*row, 0], layout)[:-1]


@pytest.mark.parametrize(
    ("family", "rule"),
    [
        (tiny.fast_vlm, "constant"), (tiny.llava, "constant"), (tiny.llava_onevision, "even"), (tiny.internvl, "runs"),
        (tiny.qwen, "runs"), (tiny.qwen3, "runs"), (tiny.idefics3, "last_tile"), (tiny.smolvlm, "last_tile"),
        (tiny.gemma3, "runs"),
    ],
)  # fmt: skip
def test_two_images_are_told_apart(family, rule, tiny_tokenizer, picture):
    model, processor = family(tiny_tokenizer())
    layout = probe_layout(processor, [model.config.image_token_id], "m")
    assert layout.rule == rule

    def counts(*images):
        content = [*({"type": "image"} for _ in images), {"type": "text", "text": "x"}]
        text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        ids = processor(text=[text], images=[list(images)], return_tensors="pt")["input_ids"]
        return image_token_counts(ids, layout, [len(images)])[0]

    one, other = picture(1).resize((200, 100)), picture(2).resize((70, 140))
    alone = counts(one) + counts(other)
    # LLaVA-OneVision tiles an image only where it stands alone.
    assert counts(one, other) == (alone if rule != "even" else [5, 5])
    if rule == "last_tile":
        assert alone[0] > 2 * 4


def test_images_that_cannot_be_told_apart_are_refused(tiny_tokenizer):
    model, processor = tiny.internvl(tiny_tokenizer())
    processor.start_image_token = processor.end_image_token = ""
    with pytest.raises(BadInput, match="cannot be told apart"):
        probe_layout(processor, [model.config.image_token_id], "m")
