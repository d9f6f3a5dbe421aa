"""What a map is coloured by: groups of photos, the most frequent first, each with a colour and a number.

N photos on the map.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

COLOURS = 7
"""Groups that have a colour of their own: more could not be told apart by all (Okabe and Ito 2008)."""
BINS = 5
"""Groups that a score is cut into, with as many photos in each."""
OTHERS = 0
"""The group of what has no colour of its own."""


@dataclass(frozen=True)
class Group:
    """Photos of one colour.

    Attributes:
        number: 1 for the most frequent; 0 for all others.
        label: what they have in common; None: no value at all, or other ones.
        count: how many they are.
        first: the places on the map of some of them.
    """

    number: int
    label: str | None
    count: int
    first: tuple[int, ...]


@dataclass(frozen=True)
class Colouring:
    """A way to colour a map.

    Attributes:
        groups: in the order of their numbers, that of all others last, if there are any.
        of: each photo's group (N,).
        distinct: how many different values there are.
        is_ordered: whether the groups stand in an order, as scores do.
    """

    groups: list[Group]
    of: list[int]
    distinct: int
    is_ordered: bool = False

    @property
    def largest(self) -> float:
        """The share of the photos that the most frequent value has, 0 to 1."""
        counts = [group.count for group in self.groups if group.number]
        return max(counts) / len(self.of) if counts else 0.0


SHOWN = 6
"""Photos that a list names of a group."""


def by_value(values: Sequence[str | None]) -> Colouring:
    """Return a colouring by the most frequent of some values (N,); of equally frequent ones the lesser text.

    None is no value: it takes no colour.
    """
    counts = Counter(value for value in values if value is not None)
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    numbers = {value: number for number, value in enumerate(ranked[:COLOURS], 1)}
    of = [numbers.get(value, OTHERS) if value is not None else OTHERS for value in values]
    return Colouring(_groups(of, ranked[:COLOURS]), of, len(ranked))


def by_score(values: NDArray[np.float32]) -> Colouring:
    """Return a colouring by a score (N,), not a number where there is none: the lowest fifth first."""
    known = values[~np.isnan(values)].astype(np.float64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1))) if len(known) else known
    if len(edges) == 1:  # all have the same
        edges = np.repeat(edges, 2)
    # The last bin has its upper edge too.
    numbers = np.clip(np.searchsorted(edges, values, "right"), 1, max(1, len(edges) - 1))
    of = np.where(np.isnan(values), OTHERS, numbers).tolist()
    labels = [f"{low:.4g} – {high:.4g}" for low, high in pairwise(edges)]
    return Colouring(_groups(of, labels), of, len(np.unique(known)), is_ordered=True)


def _groups(of: Sequence[int], labels: Sequence[str]) -> list[Group]:
    places: dict[int, list[int]] = {}
    for place, number in enumerate(of):
        places.setdefault(number, []).append(place)
    named = [(number, label) for number, label in enumerate(labels, 1) if number in places]
    others: list[tuple[int, str | None]] = [(OTHERS, None)] if OTHERS in places else []
    return [
        Group(number, label, len(places[number]), tuple(places[number][:SHOWN]))
        for number, label in [*named, *others]
    ]
