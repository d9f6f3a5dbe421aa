"""How many stars a boke gets: how many people see it, how long it has been there, and how they like it.

How often a boke is seen follows its place in the lists, and is as skewed as real stars are: those of the
1,100,542 boke of ボケ缶, which its publishers sorted into cans by stars (aws-samples/bokete-denshosen,
2022).
"""

from bisect import bisect
from itertools import pairwise
from math import exp, log

MOST_STARS = 174_984
"""No boke has more: the first of the ten legends that bokete showed in 2013."""
SEEN = (0.8, 0.6, 0.4, 0.2)
"""The share of those views that a boke has had: of the oldest quarter of all boke, …, of the newest."""
_BOKE = 1_100_542
# So many views, and the share of boke with as many or more: straight lines between them on log-log paper.
_KNOTS = ((1, 1_001_806), (101, 45_905), (1_001, 8_563), (10_001, 380), (MOST_STARS, 1))
_LINES = [
    (log(views), log(more / _BOKE), (log(fewer) - log(more)) / (log(next_views) - log(views)))
    for (views, more), (next_views, fewer) in pairwise(_KNOTS)
]
"""Of each line: where it begins (log views, log share) and its slope. The first goes on below one view."""


def views(share: float) -> float:
    """Return how often a boke is seen of which a share, above 0, of all boke is seen as often or more."""
    if share * _BOKE < 1:
        return float(MOST_STARS)
    number = bisect([-log_share for _, log_share, _ in _LINES], -log(share)) - 1
    begin, log_share, slope = _LINES[max(number, 0)]
    return exp(begin + (log(share) - log_share) / slope)


def share_seen(views: float) -> float:
    """Return the share of boke that are seen so often or more: the inverse of `views`."""
    if views > MOST_STARS:
        return 0.0
    if views <= 0:
        return 1.0
    number = bisect([begin for begin, _, _ in _LINES], log(views)) - 1
    begin, log_share, slope = _LINES[max(number, 0)]
    return min(1.0, exp(log_share + (log(views) - begin) * slope))


def stars(views: float, seen: float, points: int) -> int:
    """Return the stars of a boke: each point doubles them.

    Args:
        views: how often it is seen in the end.
        seen: the share of that by now.
        points: what its judges think of it.
    """
    return min(int(views * seen * 2.0**points), MOST_STARS)


def share_with(stars: int, seen: float, points: int) -> float:
    """Return the probability that a boke gets so many stars or more, whatever its place in the lists."""
    if stars <= 0:
        return 1.0
    return share_seen(stars / (seen * 2.0**points)) if stars <= MOST_STARS else 0.0
