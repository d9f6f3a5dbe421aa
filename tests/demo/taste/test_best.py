"""The best that rankers can do, against sums written out and against stars that were drawn."""

from collections.abc import Callable, Iterator
from itertools import combinations, product

import numpy as np
import pytest

from dataset.pairs import clearly_more
from demo.captions import reading
from demo.captions.said import Named, Said, fits, said
from demo.captions.tellings import LONGEST, Tellings
from demo.content import EmbeddedSite
from demo.scenes import Contents
from demo.taste.best import best, best_of, winning
from demo.taste.judges import AUDIENCES, JUDGES, Judge, points, setting, steps
from demo.taste.stars import MOST_STARS, SEEN, share_with

SCENES: tuple[Contents, ...] = (
    ("cat", (), (), "field", "day", "clear"),
    ("cat", (), (), "field", "night", "clear"),
    ("dog", (), (), "room", "day", "clear"),
)
SHARES = (0.3, 0.5, 0.2)
CAT, DOG = frozenset([("thing", "cat")]), frozenset([("thing", "dog")])
NAMED: tuple[frozenset[Named], ...] = (frozenset(), CAT, DOG)
GIVEN = np.array([[0.2, 0.5, 0.6], [0.8, 0.5, 0.0], [0.0, 0.0, 0.4]])
"""(telling, scene) the probability of each of NAMED for each scene."""
KINDS = {(False, 5): 0.5, (True, 9): 0.3, (False, 20): 0.2}
"""Turns and lengths, each as probable whatever is told."""


def wins(points: int, other: int) -> float:
    """A rule that is easy to sum: who has more points wins clearly in 0.7 of all cases, the other in 0.1."""
    return 0.3 if points == other else 0.7 if points > other else 0.1


Wins = Callable[[int, int], float]
LONG = pytest.mark.long


def small() -> Tellings:
    shares, marginal = np.array(SHARES), GIVEN @ np.array(SHARES)
    tally = np.zeros((3, 2, LONGEST))
    for (has_turn, length), share in KINDS.items():
        tally[:, int(has_turn), length] = share * marginal
    return Tellings(SCENES, shares, NAMED, GIVEN / marginal[:, None], tally)


def captions(scene: int, dependence: float) -> Iterator[tuple[Said, float]]:
    """Yield every caption of the small site and how probable it is for a scene."""
    marginal = GIVEN @ np.array(SHARES)
    for (telling, named), ((has_turn, length), share) in product(enumerate(NAMED), KINDS.items()):
        chance = dependence * GIVEN[telling, scene] + (1 - dependence) * marginal[telling]
        yield Said(named, has_turn, length), float(share * chance)


def win(scene: Contents, one: Said, other: Said, wins: Wins = wins) -> float:
    circles = list(zip(JUDGES, AUDIENCES[setting(scene)], strict=True))
    return sum(
        p * q * wins(of(judge, one, scene), of(judge_2, other, scene))
        for (judge, p), (judge_2, q) in product(circles, repeat=2)
    )


def of(judge: Judge, one: Said, scene: Contents) -> int:
    return points(judge, one.has_turn, fits(one.named, scene), steps(one.length))


@pytest.mark.parametrize("dependence", [1.0, 0.5, 0.0])
def test_it_is_the_sum_over_all_pairs_of_captions(dependence: float) -> None:
    """Written out: every scene, every first and second caption; the better guess of each ranker counts."""
    clear = with_photo = 0.0
    known: dict[tuple[Said, Said], list[float]] = {}
    for number, (scene, share) in enumerate(zip(SCENES, SHARES, strict=True)):
        for (one, p), (other, q) in product(captions(number, dependence), repeat=2):
            first, second = (share * p * q * win(scene, *pair) for pair in ((one, other), (other, one)))
            clear += first + second
            with_photo += max(first, second)
            sums = known.setdefault((one, other), [0.0, 0.0])
            sums[0] += first
            sums[1] += second
    captions_only = sum(max(sums) for sums in known.values())
    found = best_of(small(), dependence, wins)
    assert found.pairs == pytest.approx(clear)
    assert found.with_photo == pytest.approx(with_photo / clear)
    assert found.captions_only == pytest.approx(captions_only / clear)
    assert found.with_photo >= found.captions_only


@pytest.mark.parametrize("pair", [(0, 0), (6, -2), (-10, 2), (3, 4)])
def test_winning_is_the_sum_over_all_numbers_of_stars(pair: tuple[int, int]) -> None:
    """Each number of stars by itself; the ages of two captions of two are 1/2 of the way apart, evenly."""
    sums = []
    numbers = [*range(30_000), *range(30_000, MOST_STARS + 1, 25)]
    for seen, other_seen in ((0.8, 0.4), (0.6, 0.2), (0.4, 0.8), (0.2, 0.6)):
        less = np.array([share_with(number, other_seen, pair[1]) for number in [*numbers, MOST_STARS + 1]])
        more = np.array([share_with(clearly_more(number), seen, pair[0]) for number in numbers])
        sums.append(float((less[:-1] - less[1:]) @ more))
    assert winning(2, clearly_more)(*pair) == pytest.approx(sum(sums) / 4, abs=2e-6)
    assert SEEN == (0.8, 0.6, 0.4, 0.2)


def test_what_is_clearly_more() -> None:
    assert [clearly_more(stars) for stars in (0, 1, 5, 100)] == [3, 5, 13, 203]


@pytest.mark.parametrize("dependence", [1.0, pytest.param(0.5, marks=LONG), pytest.param(0.0, marks=LONG)])
def test_the_photo_is_worth_five_points_and_more(dependence: float) -> None:
    found = best(dependence, 5, clearly_more)
    assert found
    assert found.with_photo > found.captions_only + 0.05
    assert found.captions_only > 0.55


def test_where_no_photo_has_two_captions_there_is_nothing_to_rank() -> None:
    assert best(1.0, 1, clearly_more) is None


@pytest.mark.parametrize("dependence", [1.0, pytest.param(0.4, marks=LONG)])
def test_stars_that_were_drawn_are_ranked_as_well_as_it_says(dependence: float) -> None:
    """By the ranker that knows the scene, on the pairs of 1,000 photos; their pairs are not independent."""
    site = EmbeddedSite(1_000, 5, 17, dependence)
    chances = winning(5, clearly_more)
    right: list[float] = []
    pairs = 0
    for photo in range(1_000):
        scene = site.scene(photo).contents
        shown = [(read(boke.text), boke.stars) for boke in site.odai_bokes(photo, 1)]
        for (one, stars), (other, fewer) in combinations(shown, 2):  # most stars first
            pairs += 1
            if stars >= clearly_more(fewer):
                gain = win(scene, one, other, chances) - win(scene, other, one, chances)
                right.append(0.5 if abs(gain) < 1e-12 else float(gain > 0))
    found = best(dependence, 5, clearly_more)
    assert found
    assert len(right) / pairs == pytest.approx(found.pairs, abs=0.025)
    assert sum(right) / len(right) == pytest.approx(found.with_photo, abs=0.025)


def read(text: str) -> Said:
    tree = reading.read(text)
    assert tree
    return said(tree)
