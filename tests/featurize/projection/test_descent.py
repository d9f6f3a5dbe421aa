"""t-SNE's cost and gradient, against a case by hand and finite differences; clusters stay clusters."""

import numpy as np
import pytest

from featurize.projection.descent import STEPS, gradient
from featurize.projection.plane import plane


def divergence(affinities: np.ndarray, places: np.ndarray) -> float:
    """Return t-SNE's cost as the paper writes it (equations 2 and 4), pair by pair."""
    pairs = [(i, j) for i in range(len(places)) for j in range(len(places)) if i != j]
    kernel = {(i, j): 1 / (1 + sum((places[i] - places[j]) ** 2)) for i, j in pairs}
    whole = sum(kernel.values())
    return float(sum(affinities[pair] * np.log(affinities[pair] / (kernel[pair] / whole)) for pair in pairs))


def test_the_cost_of_three_points_by_hand() -> None:
    """At 0, 1 and 3 on a line the kernels are 1/2, 1/10 and 1/5, their sum over both directions 1.6."""
    places = np.array([[0, 0], [1, 0], [3, 0]], float)
    even = (1 - np.eye(3)) / 6
    shares = np.array([0.5, 0.1, 0.2]) / 1.6
    assert divergence(even, places) == pytest.approx(2 / 6 * np.log((1 / 6) / shares).sum())


def test_the_gradient_is_that_of_finite_differences() -> None:
    random = np.random.default_rng(1)
    raw = random.random((7, 7))
    np.fill_diagonal(raw, 0)
    affinities = (raw + raw.T) / (raw + raw.T).sum()
    places, found = random.normal(size=(7, 2)), np.empty((7, 2))
    gradient(affinities, places, 1.0, found)
    step = 1e-6
    for at in np.ndindex(7, 2):
        moved = np.zeros((7, 2))
        moved[at] = step
        slope = (divergence(affinities, places + moved) - divergence(affinities, places - moved)) / (2 * step)
        assert found[at] == pytest.approx(slope, abs=1e-7)


def test_exaggeration_pulls_harder_and_pushes_as_before() -> None:
    """The gradient is 4 (e * pull - push): from two values of e follows that of a third."""
    random = np.random.default_rng(2)
    affinities, places = np.full((4, 4), 1 / 12) - np.eye(4) / 12, random.normal(size=(4, 2))
    one, two, five = (np.empty((4, 2)) for _ in range(3))
    for factor, result in ((1.0, one), (2.0, two), (5.0, five)):
        gradient(affinities, places, factor, result)
    assert five == pytest.approx(one + 4 * (two - one))


def clusters(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors of 40 values in clusters, all mixed up, and the cluster of each."""
    random = np.random.default_rng(4)
    own = random.permutation(np.repeat(np.arange(count), size))
    centres = 2 * random.normal(size=(count, 40))
    return (centres[own] + random.normal(size=(len(own), 40))).astype(np.float32), own


def test_clusters_stay_clusters() -> None:
    """Every point's nearest are of its own cluster, and clusters lie farther apart than they are wide."""
    vectors, own = clusters(4, 25)
    told = []
    places = plane(vectors, lambda done, total: told.append((done, total)))
    assert told[-1] == (STEPS, STEPS)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, 1)[:, :10]
    assert (own[nearest] == own[:, None]).all()
    middles = np.array([places[own == each].mean(0) for each in range(4)])
    wide = max(np.linalg.norm(places[own == each] - middles[each], axis=1).mean() for each in range(4))
    between = np.linalg.norm(middles[:, None] - middles[None], axis=2)[~np.eye(4, dtype=bool)]
    assert between.min() > 2 * wide


def test_the_same_vectors_give_the_same_picture_between_minus_1_and_1() -> None:
    vectors, _ = clusters(2, 10)
    places = plane(vectors)
    assert np.array_equal(places, plane(vectors))
    assert np.abs(places).max() == 1
    assert places.max(0) == pytest.approx(-places.min(0))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_vectors_have_places_too(count: int) -> None:
    vectors = np.random.default_rng(5).normal(size=(count, 8))
    places = plane(vectors)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len({tuple(place) for place in places}) == count


def test_vectors_that_are_all_the_same_lie_in_the_middle() -> None:
    assert not plane(np.ones((6, 8), np.float32)).any()
