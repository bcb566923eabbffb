"""Dialogues as tokens: exactly what the engine makes, and what guides attention points where it should."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from sage_inspect.finetune.nano.batches import (
    ANSWER,
    CLOSE,
    DECISIONS,
    EOS,
    FIRST,
    PAD,
    ROLES,
    collate,
    draw_dialogue,
)
from sage_inspect.finetune.nano.evaluate_data import drawn
from sage_inspect.finetune.nano.model import IMAGE_TOKENS, build_processor
from sage_inspect.finetune.world.dialogues.dialogue import Dialogue, Turn
from sage_inspect.finetune.world.dialogues.facts import MIRROR, Drawn
from sage_inspect.finetune.world.dialogues.turned import draw_turned
from sage_inspect.finetune.world.families import family, label_names
from sage_inspect.models.pairing import pair_images
from sage_inspect.models.prompting import Prompter
from sage_inspect.models.request import Turn as Turn_

BOARD, METAL = family("bare board"), family("brushed metal")


def label(name):
    return label_names().index(name)


def test_encoding_is_what_the_engine_makes(encoder):
    tokenizer = encoder.tokenizer
    processor = build_processor(tokenizer)
    for word in ("True", "False", "[F1]", "[R12]"):
        assert len(tokenizer.encode(word, add_special_tokens=False)) == 1
    prompt = "[F1] True words.\n[R2] upper left: added, difference 0.50, 9 px.\nDoes region [R2] show a defect?"
    facts = (Drawn("True words.", "look", "scratch"),)
    made = encoder(Dialogue("examine", (Turn(prompt, "True. Short: x [R2] [F1].", "scratch", 1),), facts, "scratch"))
    start = made.part.index(FIRST)
    prompter = Prompter(processor, "nano", mark_facts=True)
    example = drawn(1, 10)[0]
    pair = pair_images(example.test, example.reference, 96)
    text = prompter.render([Turn_("user", tuple(pair), prompt)])
    inputs = processor(text=text, images=pair, return_tensors="pt")
    assert inputs["input_ids"][0].tolist() == made.ids[:start]
    assert inputs["pixel_values"].shape == (2, 3, 96, 96)
    assert tokenizer.decode(made.ids[start:], skip_special_tokens=True) == "True. Short: x [R2] [F1]."
    assert made.ids[1 : 1 + 2 * IMAGE_TOKENS] == [processor.image_token_id] * (2 * IMAGE_TOKENS)
    # What guides: the fact's end is summarised, the answer points to it, the citations to where their ids stand.
    end = made.ids.index(CLOSE)
    assert made.summaries == [(end, label("scratch"), ROLES.index("look"), 1, 0)]
    assert (start - 1, end) in made.fact_links
    assert {target for _, target in made.region_links} == {
        start - 1 - encoder.tokens(prompt)[::-1].index(encoder.tokens("[R2]")[0]) - 1
    }
    assert made.asked[0] == (start - 1, label("scratch"), 8)


def test_each_answer_ends_and_only_answers_count(encoder):
    turns = (Turn("Is it?", "True. Yes."), Turn("Which?", "None."))
    made = encoder(Dialogue("knowledge", turns, images=0))
    text = encoder.tokenizer.decode(made.ids)
    assert text == "<user>Is it?<assistant>True. Yes.<eos><user>Which?<assistant>None.<eos>"
    answers = [i for i, part in enumerate(made.part) if part in (FIRST, ANSWER)]
    assert encoder.tokenizer.decode([made.ids[i] for i in answers]) == "True. Yes.<eos>None.<eos>"
    assert made.part.count(FIRST) == made.ids.count(EOS) == 2
    assert [at + 1 for at, _, _ in made.asked] == [i for i, part in enumerate(made.part) if part == FIRST]
    # No fact decides: the answer points to itself, and no image has to be read.
    assert made.fact_links == [(at, at) for at, _, _ in made.asked]
    assert [weight for _, _, weight in made.asked] == [1, 1]
    assert (made.names, made.sizes, made.decisions) == ([], [], [])


def test_asked_holds_what_is_shown_and_names_what_is_named(encoder):
    for kind in BOARD.types:
        dark, light = draw_turned(BOARD, kind, "polarity", np.random.default_rng(1), most=0)
        for dialogue, named in ((dark, kind.name), (light, MIRROR[kind.name])):
            made = encoder(dialogue)
            start = made.part.index(FIRST) - 1
            assert made.asked[0] == (start, label(kind.name), 8), "the window shows the same in both"
            assert made.names == [(start, label(named))]
            # Citations in the answer turn on what is named.
            assert {what for _, what, _ in made.asked[1:]} <= {label(named)}
            assert made.decisions == [(start, DECISIONS.index("no rule"))]


def test_a_sound_window_shows_and_names_none(encoder):
    made = encoder(Dialogue("examine", (Turn("x?", "False. No defect: x."),), (), ""))
    start = made.part.index(FIRST) - 1
    assert (made.asked, made.names) == ([(start, 0, 8)], [(start, 0)])
    assert made.decisions == [(start, DECISIONS.index("nothing"))]


@pytest.mark.parametrize(
    ("how", "decided"),
    [
        ("allowed mark", ("permit", "no rule")),
        ("rejected", ("permit", "reject")),
        ("tolerance", ("within", "above")),
    ],
)
def test_what_decides_is_told_of_both_sides_of_a_pair(encoder, how, decided):
    for seed in range(5):
        pair = draw_turned(METAL, METAL.type("scratch"), how, np.random.default_rng(seed), size=30)
        for dialogue, what in zip(pair, decided, strict=True):
            made = encoder(dialogue)
            start = made.part.index(FIRST) - 1
            assert made.decisions == [(start, DECISIONS.index(what))]
            assert made.sizes == [(start, 30)]
            place = dialogue.turns[0].fact
            ends = [i for i, token in enumerate(made.ids) if token == CLOSE]
            assert made.fact_links[0] == (start, ends[place - 1] if place else start)
            assert [end for end, *_ in made.summaries] == ends
            assert [limit for *_, limit in made.summaries] == [
                f.limit if f.role in ("limit", "count", "polarity") else 0 for f in dialogue.facts
            ]


def test_citations_point_to_the_fact_they_name(encoder):
    facts = tuple(Drawn(f"Words {i}.", "look", "scratch") for i in range(3))
    prompt = "\n".join(f"[F{i}] {f.text}" for i, f in enumerate(facts, 1)) + "\nWhich?"
    made = encoder(Dialogue("knowledge", (Turn(prompt, "See [F3] [F1] [F9].", "scratch", 2),), facts, images=0))
    ends = [i for i, token in enumerate(made.ids) if token == CLOSE]
    start = made.part.index(FIRST) - 1
    third, first = (made.ids.index(encoder.tokens(f"[F{n}]")[0], start) for n in (3, 1))
    assert made.fact_links == [(start, ends[1]), (third - 1, ends[2]), (first - 1, ends[0])]


def test_collate_pads_on_the_right_and_counts_rows(encoder):
    long = encoder(draw_turned(METAL, METAL.type("scratch"), "tolerance", np.random.default_rng(0), size=12)[0])
    short = encoder(Dialogue("knowledge", (Turn("Is it?", "True."),), images=0))
    made = collate([short, long])
    assert made.ids.shape == made.part.shape == (2, len(long.ids))
    assert made.ids[0].tolist() == short.ids + [PAD] * (len(long.ids) - len(short.ids))
    assert made.part[0, len(short.ids) :].sum() == 0
    assert made.ids[1].tolist() == long.ids
    for name in ("asked", "fact_links", "region_links", "summaries", "sizes", "decisions", "names"):
        rows = [(i, *entry) for i, row in enumerate((short, long)) for entry in getattr(row, name)]
        assert getattr(made, name).T.tolist() == [list(row) for row in rows], name
    nothing = collate([replace(short, asked=[], fact_links=[])])
    assert nothing.asked.shape == (4, 0)
    assert nothing.names.dtype == torch.int64


def test_dialogues_of_every_kind_are_drawn():
    rng = np.random.default_rng(0)
    made = [draw_dialogue(METAL, "scratch" if i % 2 else "", rng, 8, 2) for i in range(300)]
    kinds = Counter(d.kind.split(":")[0] for d in made)
    assert set(kinds) == {"examine", "reason", "knowledge", "self-guide", "identify"}
    assert kinds["examine"] > 140
    assert all(d.label in ("", "scratch") for d in made if d.kind == "examine")
    assert max(len(d.facts) for d in made) > 3
    few = [draw_dialogue(METAL, "dent", rng, 3, 0) for _ in range(100)]
    assert max(len(d.facts) for d in few) <= 4  # a limit on number may come on top
