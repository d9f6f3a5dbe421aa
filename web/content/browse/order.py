"""In what order photos are shown. P photos, C captions, N photos that are found.

What has most of it is the first; photos of which it is not known come last, whichever way. What is equal
keeps the dataset's order.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from web.content.browse.filter import Selection
from web.content.catalogue import NEVER, Catalogue
from web.content.scores import Score

Values = NDArray[np.float64]
SCORE = "score."
"""What the name of an order by a score begins with."""
LOSS = "loss"


def orders(catalogue: Catalogue, has_losses: bool) -> list[str]:
    """Return the names of the orders that there are.

    Args:
        has_losses: whether a model's loss of photos is known.
    """
    names = [name for name in _KEYS if name != "newest" or (catalogue.posted != NEVER).any()]
    return names + [LOSS] * has_losses + [f"{SCORE}{name}" for name in catalogue.scores]


def known(catalogue: Catalogue, name: str) -> bool:
    """Tell whether photos can be ordered so; by loss where that is known."""
    return name in (*_KEYS, LOSS) or (name.removeprefix(SCORE) in catalogue.scores and name.startswith(SCORE))


def values(catalogue: Catalogue, name: str, losses: Values | None = None) -> Values:
    """Return what photos are ordered by, (P,): not a number where it is not known.

    Args:
        losses: (P,) those of the model, for an order by them.
    """
    if name == LOSS and losses is not None:
        return losses
    return catalogue.derived.get(("values", name), None, partial(_values, catalogue, name))


def ordered(
    catalogue: Catalogue, found: Selection, name: str, least_first: bool, losses: Values | None = None
) -> NDArray[np.int64]:
    """Return the numbers of the photos that are found, (N,), in the order `name`; "" is the dataset's own."""
    if not name:
        numbers = np.flatnonzero(found.photos)
        return numbers[::-1] if least_first else numbers
    key = values(catalogue, name, losses)

    def make() -> NDArray[np.int64]:
        within = _groups(catalogue) if name == "near" else np.zeros(len(catalogue), np.int64)
        return np.lexsort((within, key if least_first else -key))

    order = make() if name == LOSS else catalogue.derived.get(("order", name, least_first), None, make)
    return np.asarray(order[found.photos[order]])


def _values(catalogue: Catalogue, name: str) -> Values:
    if name in _KEYS:
        return _KEYS[name](catalogue)
    score = catalogue.scores[name.removeprefix(SCORE)]
    return score.values.astype(np.float64) if score.of == "photos" else _of_captions(catalogue, score)


def _of_captions(catalogue: Catalogue, score: Score) -> Values:
    """Return the highest score of the captions of each photo that are shown, (P,)."""
    known = ~catalogue.hidden & ~np.isnan(score.values)
    return _highest(catalogue, np.where(known, score.values, -np.inf).astype(np.float64))


def _stars(catalogue: Catalogue) -> Values:
    return _highest(catalogue, np.where(catalogue.hidden, -np.inf, catalogue.stars))


def _newest(catalogue: Catalogue) -> Values:
    """Return the time of the newest caption of each photo, (P,), in microseconds from 1970."""
    posted = catalogue.posted
    return _highest(catalogue, np.where(catalogue.hidden | (posted == NEVER), -np.inf, posted))


def _highest(catalogue: Catalogue, of_captions: Values) -> Values:
    """Return the highest value of each photo's captions, (P,); those that do not count are minus infinity."""
    found = np.full(len(catalogue), -np.inf)
    having = np.diff(catalogue.offsets) > 0
    if having.any():  # between the starts of two photos that have captions lie those of the first
        found[having] = np.maximum.reduceat(of_captions, catalogue.offsets[:-1][having])
    return np.where(np.isneginf(found), np.nan, found)


def _groups(catalogue: Catalogue) -> NDArray[np.int64]:
    """Return the place in the dataset of the first photo of each photo's group of near copies, (P,)."""

    def make() -> NDArray[np.int64]:
        codes = catalogue.photos["group"].combine_chunks().dictionary_encode().indices
        known = codes.is_valid().to_numpy(zero_copy_only=False)
        # Who has no group, as in datasets of earlier versions, is one alone.
        alone = np.arange(len(catalogue)) + len(catalogue)
        groups = np.where(known, codes.fill_null(0).to_numpy().astype(np.int64), alone)
        _, first, own = np.unique(groups, return_index=True, return_inverse=True)
        return np.asarray(first[own], np.int64)

    return catalogue.derived.get("groups", None, make)


def _near(catalogue: Catalogue) -> Values:
    """Return how many near copies of each photo there are beside it, (P,)."""
    groups = _groups(catalogue)
    return (np.bincount(groups, minlength=len(catalogue))[groups] - 1).astype(np.float64)


_KEYS: Mapping[str, Callable[[Catalogue], Values]] = {
    "stars": _stars,
    "newest": _newest,
    "captions": lambda catalogue: catalogue.counts.astype(np.float64),
    "near": _near,
}
"""The orders that every dataset has: by the stars of a photo's best caption, by its newest one, by how many
it has, and by near copies (those of one group stand side by side)."""
