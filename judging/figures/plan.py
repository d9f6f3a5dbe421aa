"""How many votes a contest needs, by the usual formulas for independent votes.

Votes of one judge, and those on one photo, are alike: so take more, from many judges, each photo seldom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt
from statistics import NormalDist

from judging.contest import Task
from store.errors import UsageError

POWER = 0.8
"""The share of such contests that tell them apart."""
FIVE = 5
"""Captions that a judge chooses from where one was written for the photo."""
SHARES: dict[Task, tuple[float, ...]] = {
    "prefer": (0.55, 0.6, 0.65, 0.7, 0.8),
    "match": (0.25, 0.3, 0.35, 0.4, 0.5),
}


@dataclass(frozen=True)
class Planned:
    """How many votes tell a share from chance: in 80 of 100 contests, at 95%.

    Args:
        share: of the votes that choose one, or that are right.
        chance: the share where there is nothing to tell.
        ties: the share of votes for neither.
        votes: how many it takes, those for neither counted.
    """

    share: float
    chance: float
    ties: float
    votes: int


def plan(task: Task, ties: float, shares: Sequence[float] = ()) -> list[Planned]:
    """Return how many votes it takes to tell each share from chance.

    Args:
        ties: the share of votes for neither that is expected.
        shares: by default some that are usual.

    Raises:
        UsageError: a share is no more than chance, or all; or all votes are for neither.
    """
    chance = {"prefer": 0.5, "match": 1 / FIVE}[task]
    if wrong := [each for each in shares if not chance < each < 1]:
        raise UsageError(
            f"{wrong[0]:g} cannot be told from chance: name a share above {chance:g} and below 1"
        )
    if ties >= 1:
        raise UsageError(f"With {ties:g} of the votes for neither none chooses: name a share below 1")
    of_task = {"prefer": _preference, "match": _matching}[task]
    return [of_task(share, ties) for share in shares or SHARES[task]]


def _z() -> tuple[float, float]:
    normal = NormalDist()
    return normal.inv_cdf(0.975), normal.inv_cdf(POWER)


def _preference(share: float, ties: float) -> Planned:
    """Return the votes for a difference ln(share / (1 - share)), whose variance is 1 / wins + 1 / losses."""
    difference = log(share / (1 - share))
    deciding = (sum(_z()) / difference) ** 2 / (share * (1 - share))
    return Planned(share, 0.5, ties, ceil(deciding / (1 - ties)))


def _matching(share: float, ties: float) -> Planned:
    """Return the answers for a share against one in five.

    Source: Fleiss, Levin, Paik 2003, Statistical Methods for Rates and Proportions, 2.5.
    """
    chance = 1 / FIVE
    error, power = _z()
    root = error * sqrt(chance * (1 - chance)) + power * sqrt(share * (1 - share))
    return Planned(share, chance, ties, ceil((root / (share - chance)) ** 2 / (1 - ties)))
