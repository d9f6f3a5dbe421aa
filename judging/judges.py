"""Judges: who they are (a number that the server signed), what each is asked next, and on which side.

All of it follows from the contest's secret, the judge and the pair, so nothing is kept: a page that is loaded
again is the same page, and two judges see other orders and other sides.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable
from itertools import islice

from judging.contest import Contest, Pair

WITHDRAWN = 2
"""A pair that so many judges call not fit for people is shown to nobody any more."""
EVERY = 5
"""Each fifth pair of a judge is a catch pair, as long as there are some."""


def new_judge(contest: Contest) -> str:
    """Return a new judge's cookie: a random number, signed."""
    return _signed(contest, secrets.token_hex(8))


def judge_of(contest: Contest, cookie: str | None) -> str | None:
    """Return the judge of a cookie; None where the server did not sign it for this contest."""
    number, _, _ = (cookie or "").partition(".")
    if not cookie or not hmac.compare_digest(cookie.encode(), _signed(contest, number).encode()):
        return None
    return number


def _signed(contest: Contest, number: str) -> str:
    return f"{number}.{_mark(contest, 'judge', number)}"


def voting_key(contest: Contest, judge: str, pair: str) -> str:
    """Return the key that a judge's vote on a pair has to carry: it counts once, whoever sends it again."""
    return _mark(contest, "vote", judge, pair)


def is_voting_key(contest: Contest, judge: str, pair: str, key: str) -> bool:
    """Tell whether a key is that of a judge's vote on a pair."""
    return hmac.compare_digest(key.encode(), voting_key(contest, judge, pair).encode())


def order(contest: Contest, judge: str, pair: Pair) -> list[int]:
    """Return the numbers of a pair's captions as this judge sees them, from left to right."""
    return sorted(
        range(len(pair.captions)), key=lambda number: _mark(contest, "side", judge, pair.key, str(number))
    )


def asked(contest: Contest, judge: str, pairs: Iterable[Pair]) -> list[Pair]:
    """Return all pairs in a judge's order: each `EVERY`-th is a catch pair, until there are no more."""
    drawn = sorted(pairs, key=lambda pair: _mark(contest, "order", judge, pair.key))
    caught = iter([pair for pair in drawn if pair.catch])
    plain = iter([pair for pair in drawn if not pair.catch])
    found: list[Pair] = []
    while some := [*islice(plain, EVERY - 1), *islice(caught, 1)]:
        found += some
    return found


def next_pair(
    contest: Contest, judge: str, pairs: Iterable[Pair], voted: Collection[str], unfit: Collection[str]
) -> Pair | None:
    """Return what a judge is asked next; None where there is nothing left.

    Args:
        voted: pairs that the judge has voted on.
        unfit: pairs that are shown to nobody any more.
    """
    waiting = (pair for pair in asked(contest, judge, pairs) if pair.key not in {*voted, *unfit})
    return next(waiting, None)


def _mark(contest: Contest, *parts: str) -> str:
    """Return 128 bits in hex that only the server can compute."""
    message = "\n".join([contest.name, *parts]).encode()
    return hmac.digest(bytes.fromhex(contest.secret), message, "sha256").hex()[:32]
