"""Principal components, against a case worked out by hand and against singular values."""

import numpy as np

from featurize.projection.principal import principal, standardised


def test_components_of_points_on_two_axes() -> None:
    """Four points at 3 along (3, 4)/5 and at 1 across it: those are the components."""
    along, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    points = np.array([3 * along, -3 * along, across, -across]) + np.array([10.0, -7.0])
    found = principal(points, 2)
    expected = np.array([[3, 0], [-3, 0], [0, 1], [0, -1]], float)
    # The sign of each is free; the largest value is positive, and of two as large either.
    assert np.allclose(np.abs(found), np.abs(expected))
    assert np.allclose(found @ found.T, expected @ expected.T)
    assert np.allclose(principal(points, 1)[:, 0], found[:, 0])


def test_they_are_those_of_the_singular_values_with_more_values_than_vectors_and_with_fewer() -> None:
    random = np.random.default_rng(3)
    for shape in ((7, 30), (30, 7)):
        vectors = random.normal(size=shape)
        centred = vectors - vectors.mean(0)
        left, values, _ = np.linalg.svd(centred, full_matrices=False)
        expected = (left * values)[:, :3]
        found = principal(vectors, 3)
        assert np.allclose(np.abs(found), np.abs(expected))
        assert (found.max(0) >= -found.min(0)).all()


def test_there_are_no_more_components_than_vectors_or_values() -> None:
    assert principal(np.ones((3, 8)), 50).shape == (3, 3)
    assert principal(np.arange(20.0).reshape(10, 2), 50).shape == (10, 2)


def test_standardised_vectors_have_length_1_and_constants_tell_nothing() -> None:
    # The second value never varies. By hand: means 2 and 5, deviation 1 in both that vary.
    found = standardised(np.array([[1, 7, 4], [3, 7, 6]], np.float16))
    half = np.sqrt(0.5)
    assert np.allclose(found, [[-half, 0, -half], [half, 0, half]])
    assert not standardised(np.ones((3, 4), np.float32)).any()
