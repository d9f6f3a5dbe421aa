"""Probabilities of neighbours, against a case worked out by hand."""

import numpy as np
import pytest

from featurize.projection.affinities import affinities, squared_distances


def test_three_points_by_hand() -> None:
    """A and B lie at 1, C at 3 from both, squared.

    With shares of 0.8 and 0.2 the row of A has the perplexity exp(-0.8 ln 0.8 - 0.2 ln 0.2), as that of B.
    That of C has 2 whatever its sigma is. So p_AB = (0.8 + 0.8) / 6, and p_AC = p_BC = (0.2 + 0.5) / 6.
    """
    distances = np.array([[0, 1, 3], [1, 0, 3], [3, 3, 0]], float)
    perplexity = np.exp(-0.8 * np.log(0.8) - 0.2 * np.log(0.2))
    near, far = 1.6 / 6, 0.7 / 6
    expected = [[0, near, far], [near, 0, far], [far, far, 0]]
    assert affinities(distances, perplexity) == pytest.approx(np.array(expected), abs=1e-5)


def test_a_wider_distance_changes_nothing() -> None:
    """Sigma follows the distances, so their unit is of no matter."""
    vectors = np.random.default_rng(0).normal(size=(20, 3))
    distances = squared_distances(vectors)
    assert affinities(1000 * distances, 5.0) == pytest.approx(affinities(distances, 5.0), abs=1e-6)


def test_rows_have_the_perplexity_that_was_asked_for() -> None:
    """By symmetry: on a ring all rows are alike, so each row of p_ij is p_j|i / N."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    found = affinities(squared_distances(ring), 6.0)
    assert found.sum() == pytest.approx(1)
    assert np.array_equal(found, found.T)
    assert not found.diagonal().any()
    row = found[0] * 24
    some = row[row > 0]
    assert np.exp(-(some * np.log(some)).sum()) == pytest.approx(6.0, rel=1e-4)


def test_vectors_that_are_all_the_same_are_equally_near() -> None:
    found = affinities(np.zeros((5, 5)), 2.0)
    assert found == pytest.approx((1 - np.eye(5)) / 20)


def test_squared_distances() -> None:
    found = squared_distances(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]]))
    assert found == pytest.approx(np.array([[0, 25, 9], [25, 0, 16], [9, 16, 0]], float))
