"""How questions are laid out in rows."""

import pytest
import torch

from sage_inspect.errors import BadInput
from sage_inspect.finetune.edpo.batch import PADDING, Collator, images_first
from sage_inspect.finetune.encoder import Encoder

from ...models.tiny_families import qwen
from ..tiny_questions import questions, tiny


@pytest.fixture(scope="module")
def fast():
    return tiny()[1]


def test_packed_rows(fast, tmp_path):
    asked = questions(tmp_path, 2)
    batch = Collator(fast)(asked)
    (part,) = batch["parts"]
    ids, segments, places = part["inputs"]["input_ids"], part["segments"], part["inputs"]["position_ids"]
    assert ids.shape == segments.shape == places.shape
    assert "attention_mask" not in part["inputs"]
    assert part["inputs"]["pixel_values"].shape[0] == 4, "each image once"
    for row, question in enumerate(asked):
        prompt = fast.prompts([question])["input_ids"][0].tolist()
        assert ids[row][segments[row] == 0].tolist() == prompt
        assert places[row][segments[row] == 0].tolist() == list(range(len(prompt)))
        for i, text in enumerate(question.answers, 1):
            here = segments[row] == i
            assert ids[row][here].tolist() == fast.answer(text)
            assert places[row][here].tolist() == list(range(len(prompt), len(prompt) + int(here.sum())))
    assert (ids[segments == PADDING] == fast.tokenizer.pad_token_id).all()
    # Every answer begins in the same column.
    assert (segments[:, part["prompt"]] == 1).all()
    assert (segments[:, part["prompt"] - 1] == 0).all()


@pytest.mark.parametrize("mode", ["packed", "shared", "repeated"])
def test_places_point_at_what_predicts_each_token(fast, tmp_path, mode):
    asked = questions(tmp_path, 2)
    batch = Collator(fast, mode)(asked)
    wanted = [token for q in asked for text in q.answers for token in fast.answer(text)]
    assert torch.cat([p["targets"] for p in batch["parts"]]).tolist() == wanted
    for part in batch["parts"]:
        ids = part["inputs"]["input_ids"]
        first = True
        last = None
        for row, column, target in zip(*(part[k].tolist() for k in ("rows", "columns", "targets")), strict=True):
            begins = column == part["prompt"] - 1
            assert begins or column == last + 1 or first or mode == "packed"
            # What stands one further is the token itself, but for a packed answer's first one.
            if not (begins and mode == "packed"):
                assert ids[row, column + 1] == target
            last, first = column, False
    lengths = [len(fast.answer(text)) for q in asked for text in q.answers]
    assert torch.bincount(batch["owner"]).tolist() == lengths


def test_pairs_count_answers_over_the_batch(fast, tmp_path):
    asked = questions(tmp_path, 2)
    batch = Collator(fast)(asked)
    assert batch["winner"].tolist() == [0, 1, 4, 5]
    assert batch["loser"].tolist() == [3, 2, 7, 6]
    assert batch["far"].tolist() == [True, False, True, False]
    assert batch["best"].tolist() == [0, 4]
    assert batch["delta"].tolist() == pytest.approx([p.delta for q in asked for p in q.pairs])


def test_the_reference_follows_the_answers(fast, tmp_path):
    asked = questions(tmp_path, 2)
    reference = {
        q.key(i): [float(100 * n + 10 * i)] * len(fast.answer(text))
        for n, q in enumerate(asked)
        for i, text in enumerate(q.answers)
    }
    batch = Collator(fast, reference=reference)(asked)
    assert batch["reference"].tolist() == [100.0 * (o // 4) + 10 * (o % 4) for o in batch["owner"].tolist()]


def test_questions_without_images_come_last(fast, tmp_path):
    asked = questions(tmp_path, 2)
    bare = type(asked[0])("bare", (), "Is copper a metal?", asked[0].answers, asked[0].pairs)
    assert [q.id for q in images_first([bare, *asked])] == ["q0", "q1", "bare"]
    (part,) = Collator(fast)([bare, *asked])["parts"]
    assert part["inputs"]["pixel_values"].shape[0] == 4
    (part,) = Collator(fast)([bare])["parts"]
    assert "pixel_values" not in part["inputs"]


def test_a_row_that_is_too_long_is_refused(fast, tmp_path):
    asked = questions(tmp_path, 1)
    collator = Collator(Encoder(fast.processor, limit=fast.check(asked)[0] - 1))
    for mode in ("packed", "repeated"):
        collator.mode = mode
        with pytest.raises(BadInput, match="record q0"):
            collator(asked)


def test_positions_with_several_axes(tmp_path):
    model, encoder = tiny(qwen)
    asked = questions(tmp_path, 2)
    (part,) = Collator(encoder, positions=model.base_model.get_rope_index)(asked)["parts"]
    places, segments = part["inputs"]["position_ids"], part["segments"]
    assert places.shape == (3, *segments.shape)
    inputs = encoder.prompts(asked[:1])
    alone = model.base_model.get_rope_index(**inputs)[0][:, 0]
    assert torch.equal(places[:, 0][:, segments[0] == 0], alone)
    # Image patches share positions: an answer begins behind the largest, not behind the number of tokens.
    begin = int(alone.max()) + 1
    assert begin < alone.shape[1]
    for i in (1, 2, 3, 4):
        own = places[:, 0][:, segments[0] == i]
        assert torch.equal(own, torch.arange(begin, begin + own.shape[1]).expand(3, -1))
