"""The best that any ranker can do: which of two captions of a photo got clearly more stars, as exact
shares.

A ranker that sees the photo knows the scene at best; one that sees only the two captions knows how
probable each scene is, given both. Either is right most often if it chooses what is more probable for all
that it knows. How often that is right is summed over all scenes and all that two captions can say, not
measured.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations_with_replacement, pairwise, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demo.captions.said import fits
from demo.captions.tellings import Tellings, tellings
from demo.taste.judges import AUDIENCES, JUDGES, MOST_STEPS, points, setting, steps
from demo.taste.stars import MOST_STARS, SEEN, share_with

Floats = NDArray[np.float64]
Rule = Callable[[int], int]
"""From stars to the least number that is clearly more."""
FITS = (-1, 0, 1)
_EXACT = 1000
"""Up to so many stars each number is summed by itself; above, those within 0.1% are taken together."""


class Best(NamedTuple):
    """What the best rankers reach, as shares of the pairs of captions of a photo whose stars differ clearly.

    Args:
        with_photo: by one that sees the photo and the captions.
        captions_only: by one that sees the captions.
        pairs: the share of all pairs whose stars differ clearly.
    """

    with_photo: float
    captions_only: float
    pairs: float


def best(dependence: float, captions_per_photo: int, clearly_more: Rule) -> Best | None:
    """Return what the best rankers reach on an embedded site; None where no photo has two captions.

    It is exact but for numbers of stars over 1,000, which are summed in steps of 0.1%: to 1e-6.

    Args:
        dependence: the share of captions that are written for their photo.
        captions_per_photo: how many each photo has: those of a photo are of different ages.
        clearly_more: which pairs count.
    """
    if captions_per_photo < 2:
        return None
    return best_of(tellings(), dependence, winning(captions_per_photo, clearly_more))


def best_of(all_told: Tellings, dependence: float, wins: Callable[[int, int], float]) -> Best:
    """Return what the best rankers reach, for what captions tell and for how points become stars.

    Args:
        wins: the probability that a caption has clearly more stars than another, by the points of both.
    """
    ratios = dependence * all_told.ratios + (1 - dependence)
    fit = np.array([[fits(named, scene) for scene in all_told.scenes] for named in all_told.named])
    settings = np.array([setting(scene) for scene in all_told.scenes])
    tally = _by_steps(all_told.tally)
    clear = by_photo = by_captions = 0.0
    weights = {
        key: weight for key, weight in _weights(ratios, fit, settings, all_told.shares) if weight.any()
    }
    gains = {key: _gains(*key, wins) for key in weights}
    said = list(np.ndindex(2, MOST_STEPS + 1))
    for one, other in combinations_with_replacement(said, 2):
        # The two captions may be the other way round, which is as probable and as easy to rank.
        mass = np.outer(tally[:, *one], tally[:, *other]) * (1 if one == other else 2)
        known = np.zeros_like(mass)
        for key, weight in weights.items():
            win, lose = gains[key][*one, *other].tolist()
            share = float((mass * weight).sum())
            clear += share * (win + lose)
            by_photo += share * abs(win - lose)
            known += weight * (win - lose)
        by_captions += float((mass * np.abs(known)).sum())
    return Best(0.5 + by_photo / clear / 2, 0.5 + by_captions / clear / 2, clear)


def _weights(
    ratios: Floats, fit: NDArray[np.int64], settings: NDArray[np.str_], shares: Floats
) -> Iterator[tuple[tuple[str, int, int], Floats]]:
    """Yield by setting and the fit of two captions how probable it is that both tell what they tell.

    Each weight is (T, T), relative to how probable the two tellings are by themselves.
    """
    for name in AUDIENCES:
        here = settings == name
        for one, other in product(FITS, repeat=2):
            first, second = (ratios[:, here] * (fit[:, here] == value) for value in (one, other))
            yield (name, one, other), (first * shares[here]) @ second.T


def _gains(setting: str, fit: int, other_fit: int, wins: Callable[[int, int], float]) -> Floats:
    """Return how probable it is that the first, and that the second caption has clearly more stars.

    Returns:
        (turn, steps, turn, steps, 2): by turn and length of the first and of the second.
    """
    said = list(product((False, True), range(MOST_STEPS + 1)))
    circles = list(zip(JUDGES, AUDIENCES[setting], strict=True))

    def win(first: tuple[int, bool, int], second: tuple[int, bool, int]) -> float:
        return sum(
            p
            * q
            * wins(
                points(judge, first[1], first[0], first[2]), points(judge_2, second[1], second[0], second[2])
            )
            for (judge, p), (judge_2, q) in product(circles, repeat=2)
        )

    pairs = product(((fit, *one) for one in said), ((other_fit, *one) for one in said))
    found = np.array([(win(one, other), win(other, one)) for one, other in pairs])
    return found.reshape(2, MOST_STEPS + 1, 2, MOST_STEPS + 1, 2)


def winning(captions_per_photo: int, clearly_more: Rule) -> Callable[[int, int], float]:
    """Return the probability that a caption has clearly more stars than another one, by the points of both.

    Both are of one photo; either may be older, and may be seen more often.
    """
    edges = _edges()
    least = np.array([clearly_more(int(number)) for number in (edges[:-1] + edges[1:] - 1) // 2])
    ages = _ages(captions_per_photo)

    @cache
    def with_stars(seen: float, points: int) -> Floats:
        return -np.diff([share_with(int(number), seen, points) for number in edges])

    @cache
    def with_more(seen: float, points: int) -> Floats:
        return np.array([share_with(int(number), seen, points) for number in least])

    @cache
    def wins(points: int, other_points: int) -> float:
        chances = [
            [with_more(seen, points) @ with_stars(other_seen, other_points) for other_seen in SEEN]
            for seen in SEEN
        ]
        return float((ages * np.array(chances)).sum())

    return wins


def _edges() -> NDArray[np.int64]:
    """Return numbers of stars, from 0 to more than there can be: those between two are summed together."""
    above = np.geomspace(_EXACT, MOST_STARS, 5_200).astype(int)
    return np.unique(np.concatenate([np.arange(_EXACT), above, [MOST_STARS, MOST_STARS + 1]]))


def _ages(captions_per_photo: int) -> Floats:
    """Return (age, age) how probable the ages of two captions of a photo are, in quarters of all boke by age.

    A site gives every photo one caption after the other, so those of one photo lie evenly apart, from
    anywhere on: caption t of k is at (t + u) / k of the way, where u is the same for all.
    """
    quarters = len(SEEN)
    turns = np.arange(captions_per_photo)
    # Where a caption passes from one quarter into the next as u grows.
    passed = sorted(
        {0.0, 1.0, *(captions_per_photo * number / quarters % 1 for number in range(1, quarters))}
    )
    ages = np.zeros((quarters, quarters))
    for low, high in pairwise(passed):
        places = (turns + (low + high) / 2) / captions_per_photo
        counts = np.bincount((quarters * places).astype(int), minlength=quarters)
        ages += (high - low) * (np.outer(counts, counts) - np.diag(counts))
    return np.asarray(ages / ages.sum())


def _by_steps(tally: Floats) -> Floats:
    """Return (T, 2, steps) the tally of tellings by how many steps long captions are, not by characters."""
    found = np.zeros((*tally.shape[:2], MOST_STEPS + 1))
    for length in range(tally.shape[2]):
        found[:, :, steps(length)] += tally[:, :, length]
    return found
