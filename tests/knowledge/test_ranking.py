"""The arithmetic of MMR; what recall makes of it stands in test_recall.py."""

from __future__ import annotations

import numpy as np

from sage_inspect.knowledge.ranking import ORDINARY, diverse


def rows(*angles: float) -> np.ndarray:
    """Unit vectors by degrees."""
    radians = np.radians(angles)
    return np.stack([np.cos(radians), np.sin(radians)], 1).astype(np.float32)


def test_the_same_again_comes_last():
    relevance = np.array([0.9, 0.89, 0.5], np.float32)
    vectors = rows(0, 3, 60)
    assert diverse(relevance, vectors, 3) == [0, 2, 1]
    assert diverse(relevance, vectors, 3, diversity=0.0) == [0, 1, 2]
    assert diverse(relevance, vectors, 2, chosen=[2]) == [0, 1]  # the row that is in is never picked again


def test_what_is_only_on_the_same_subject_does_not_push_out():
    # cos 61 degrees = .485 < ORDINARY: no penalty, so the order of relevance stays; at 45 degrees (.707) it counts.
    relevance = np.array([0.9, 0.8, 0.75], np.float32)
    assert ORDINARY == 0.5
    assert diverse(relevance, rows(0, 61, -90), 3) == [0, 1, 2]
    assert diverse(relevance, rows(0, 45, -90), 3) == [0, 2, 1]


def test_no_more_than_there_are_and_ties_by_place():
    assert diverse(np.ones(2, np.float32), rows(0, 90), 5) == [0, 1]
    assert diverse(np.zeros(0, np.float32), np.zeros((0, 2), np.float32), 3) == []
