from __future__ import annotations

from sage_inspect.knowledge.thesaurus import related
from sage_inspect.knowledge.words import tokens


def test_both_ways_and_never_itself():
    track, trace = tokens("tracks traces")
    assert trace in related(track) and track in related(trace) and track not in related(track)


def test_a_word_of_two_meanings_has_the_neighbours_of_both_and_they_are_not_joined():
    hole, burr = tokens("pinhole burr")
    flash, spur = tokens("flash spur")
    assert {flash, spur} <= related(burr) and spur not in related(flash)
    assert burr not in related(hole)


def test_other_words_have_none():
    assert not related("xylophone") and not related("")
