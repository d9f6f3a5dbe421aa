"""How the systems of a contest compare: shares of the votes, as voted and at equal length.

N votes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, isfinite, tanh

import numpy as np

from judging.contest import Contest, Pair
from judging.figures import davidson
from judging.figures.agreement import Share
from judging.figures.intervals import FEWEST, Interval, spread
from judging.votes import Vote


@dataclass(frozen=True)
class Proportion:
    """A share of votes with its 95% interval; null where there is no vote, or no interval can be told.

    Args:
        share: from 0 to 1.
        low, high: its interval.
    """

    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Compared:
    """How one system did against another.

    Args:
        one, other: their names.
        votes: on their pairs, those for neither counted.
        pairs: how many pairs these are on.
        wins, losses, neither: how many votes each got.
        preferred: the share of one's among votes that chose, with the interval of the model.
        told_apart: whether that interval is without one half.
        adjusted: the same at captions of equal length.
        adjusted_told_apart: whether that is without one half.
        sentence: what may be said.
    """

    one: str
    other: str
    votes: int
    pairs: int
    wins: int
    losses: int
    neither: int
    preferred: Proportion
    told_apart: bool
    adjusted: Proportion
    adjusted_told_apart: bool
    sentence: str


def compare(
    contest: Contest, pairs: Mapping[str, Pair], votes: Sequence[Vote]
) -> tuple[tuple[Compared, ...], Proportion]:
    """Return how systems compare, and how many times as often a caption of twice the length is preferred."""
    if not votes:
        return (), Proportion(None, None, None)
    number = {system: place for place, system in enumerate(contest.systems)}
    captions = [pairs[vote.pair].captions for vote in votes]
    outcome = np.array([{0: 1, 1: -1, None: 0}[vote.choice] for vote in votes])
    first, second = (np.array([number[two[side].system] for two in captions]) for side in (0, 1))
    lengths = np.array([[len(caption.text) for caption in two] for two in captions], float)  # (N, 2)
    # The difference over the sum: 1/3 for a caption that is twice as long, 1 for one without end.
    longer = (lengths[:, :1] - lengths[:, 1:]) / lengths.sum(axis=1, keepdims=True)
    keys, judges = _numbered(vote.pair for vote in votes), _numbered(vote.judge for vote in votes)
    photos = _numbered(pairs[vote.pair].sha256 for vote in votes)
    raw, adjusted = (
        spread(davidson.Votes(first, second, outcome, covariates), len(number), photos, judges)
        for covariates in (longer[:, :0], longer)
    )
    found = []
    for a, b in combinations(range(len(number)), 2):
        theirs = ((first == a) & (second == b)) | ((first == b) & (second == a))
        if theirs.any():
            won = np.where(first == a, outcome, -outcome)[theirs]
            names, count = (contest.systems[a], contest.systems[b]), len(np.unique(keys[theirs]))
            found.append(_compared(names, won, count, raw.difference(a, b), adjusted.difference(a, b)))
    return tuple(found), _of_effect(adjusted.effect(0))


def _compared(
    names: tuple[str, str], won: davidson.Integers, pairs: int, raw: Interval, adjusted: Interval
) -> Compared:
    one, other = names
    wins, losses, neither = (int((won == outcome).sum()) for outcome in (1, -1, 0))
    return Compared(
        one=one,
        other=other,
        votes=len(won),
        pairs=pairs,
        wins=wins,
        losses=losses,
        neither=neither,
        preferred=_of_difference(raw),
        told_apart=raw.tells,
        adjusted=_of_difference(adjusted),
        adjusted_told_apart=adjusted.tells,
        sentence=_sentence(one, other, raw, pairs, len(won), neither),
    )


def _sentence(one: str, other: str, raw: Interval, pairs: int, votes: int, neither: int) -> str:
    """Return what may be said; who is preferred comes first."""
    if raw.value < 0:
        one, other, raw = other, one, Interval(-raw.value, -raw.high, -raw.low)
    share = _of_difference(raw)
    rest = f"{votes:,} votes on {pairs:,} pairs, {neither:,} of them for neither"
    if share.low is None:
        return f"{one} and {other} are not told apart: too few photos or judges ({rest})"
    told = f"{_percent(share.share)} ({_percent(share.low)}–{_percent(share.high)})"
    if raw.tells:
        return f"people preferred {one} to {other} in {told} of the votes that chose ({rest})"
    return f"{one} and {other} are not told apart: {told} of the votes that chose were for {one} ({rest})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _of_difference(difference: Interval) -> Proportion:
    """Return the share of the first among votes that choose: of odds exp(d) to 1."""
    share, low, high = (
        (1 + tanh(each / 2)) / 2 for each in (difference.value, difference.low, difference.high)
    )
    return Proportion(share, low, high) if isfinite(difference.low) else Proportion(share, None, None)


def _of_effect(effect: Interval) -> Proportion:
    """Return how many times as often a caption is preferred that is twice as long."""
    if not isfinite(effect.low):
        return Proportion(exp(effect.value / 3), None, None)
    return Proportion(exp(effect.value / 3), exp(effect.low / 3), exp(effect.high / 3))


def wilson(share: Share) -> Proportion:
    """Return a share of votes that no model is needed for."""
    if share.value is None:
        return Proportion(None, None, None)
    return Proportion(share.value, *share.interval)


def about(photos: Iterable[str], judges: Iterable[str]) -> str:
    """Return what intervals are about."""
    few = [name for name, found in (("photos", set(photos)), ("judges", set(judges))) if len(found) < FEWEST]
    return f"these {' and '.join(few)} alone" if few else "such photos and such judges"


def _numbered(values: Iterable[str]) -> davidson.Integers:
    return np.unique(np.array(list(values)), return_inverse=True)[1]
