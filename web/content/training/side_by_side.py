"""What two runs say of the same photos, side by side: which words differ, how likely each finds its own."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from web.caption_service import ModelCaption
from web.content.catalogue import Catalogue
from web.content.shown.tokens import Token

PER_PAGE = 12
Order = Literal["difference", "likelihood", "photos"]


@dataclass(frozen=True)
class Said:
    """A run's likeliest caption of a photo.

    Attributes:
        tokens: each with whether the other run's caption lacks it there; None where the caption is hidden.
        per_token: the mean log-probability of its tokens and its end, in nats.
    """

    tokens: list[tuple[Token, bool]] | None
    per_token: float


@dataclass(frozen=True)
class Pairs:
    """A page of photos with what both runs say.

    Attributes:
        rows: each photo with both captions.
        photos: how many photos both wrote for, on all pages.
        same: how many of them have the same caption by both.
        page, last: which page this is, and the last one.
    """

    rows: list[tuple[dict[str, Any], Said, Said]]
    photos: int
    same: int
    page: int
    last: int


def side_by_side(
    catalogue: Catalogue,
    one: Mapping[str, ModelCaption],
    other: Mapping[str, ModelCaption],
    order: Order,
    page: int,
) -> Pairs:
    """Return a page of the photos that both runs wrote for.

    Args:
        one, other: what each run wrote, by photo, in the same order.
        order: the most different captions first; or those whose likelihoods are farthest apart; or as given.
        page: from 1; past the end it is the last.
    """
    both = [sha256 for sha256 in one if sha256 in other]
    keys: dict[Order, Callable[[str], float]] = {
        "difference": lambda sha256: -difference(one[sha256], other[sha256]),
        "likelihood": lambda sha256: -abs(_per_token(one[sha256]) - _per_token(other[sha256])),
    }
    ordered = sorted(both, key=keys[order]) if order in keys else both  # stable: equals stay as they are
    last = max(1, -(-len(both) // PER_PAGE))
    page = min(page, last)
    rows = [
        (catalogue.photo(catalogue.index[sha256]), *_said(one[sha256], other[sha256]))
        for sha256 in ordered[(page - 1) * PER_PAGE : page * PER_PAGE]
    ]
    same = sum(one[sha256].caption.tokens == other[sha256].caption.tokens for sha256 in both)
    return Pairs(rows, len(both), same, page, last)


def difference(one: ModelCaption, other: ModelCaption) -> float:
    """Return the share of the tokens of two captions that they do not have in common, whatever their places.

    0: the same tokens; 1: none in common. Source: 1 minus Dice's coefficient (Dice 1945), of tokens counted.
    """
    mine, theirs = Counter(one.caption.tokens), Counter(other.caption.tokens)
    total = mine.total() + theirs.total()
    return 1 - 2 * (mine & theirs).total() / total if total else 0.0


def _per_token(caption: ModelCaption) -> float:
    return caption.log_probability / (len(caption.caption.tokens) + 1)  # its end counts as one


def _said(one: ModelCaption, other: ModelCaption) -> tuple[Said, Said]:
    """Return two captions with the tokens marked that stand in no common stretch."""
    matcher = SequenceMatcher(None, one.caption.tokens, other.caption.tokens, autojunk=False)
    mine, theirs = set(range(len(one.caption.tokens))), set(range(len(other.caption.tokens)))
    for start, there, size in matcher.get_matching_blocks():
        mine -= set(range(start, start + size))
        theirs -= set(range(there, there + size))
    marks = [(one, mine), (other, theirs)]
    first, second = (
        Said(
            None if each.is_hidden else [(token, at in own) for at, token in enumerate(each.tokens)],
            _per_token(each),
        )
        for each, own in marks
    )
    return first, second
