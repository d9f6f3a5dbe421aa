"""Orders of numbered items: the item at an index, and the index of an item. All but `Listing` need no memory.

A real site sorts its lists by stars, by time, by user. Here such an order is an affine permutation,
index ↦ number (a · index + c) mod n, which has an inverse, and a list is a part of one.
"""

from dataclasses import dataclass
from math import gcd
from random import Random
from typing import Protocol


class Order(Protocol):
    """A list of distinct numbers."""

    @property
    def length(self) -> int:
        """How many numbers the list has."""

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""

    def index(self, number: int) -> int:
        """Return the index of a number that is in the list."""


class Permutation:
    """All numbers below n.

    Args:
        n: how many numbers there are.
        step: a factor coprime to n.
        shift: the number at index 0.

    Raises:
        ValueError: `step` and `n` have a common factor.
    """

    def __init__(self, n: int, step: int, shift: int) -> None:
        self.length, self._step, self._shift = n, step, shift
        self._inverse = pow(step, -1, n)

    @classmethod
    def seeded(cls, n: int, seed: str) -> "Permutation":
        """Return a permutation of the numbers below `n` that looks random; a seed always gives the same."""
        random = Random(seed)
        step = random.randrange(n)
        while gcd(step, n) != 1:  # only then does every number come exactly once
            step += 1
        return cls(n, step, random.randrange(n))

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""
        return (index * self._step + self._shift) % self.length

    def index(self, number: int) -> int:
        """Return the index of a number."""
        return (number - self._shift) * self._inverse % self.length


@dataclass(frozen=True)
class Stride:
    """Every `step`-th number of a permutation from index `first` on, `length` in all."""

    permutation: Permutation
    first: int
    step: int
    length: int

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""
        return self.permutation.at(self.first + self.step * index)

    def index(self, number: int) -> int:
        """Return the index of a number that is in the list."""
        return (self.permutation.index(number) - self.first) // self.step


class Listing:
    """Numbers in an order that is written down.

    Args:
        numbers: each once.
    """

    def __init__(self, numbers: list[int]) -> None:
        self.length, self._numbers = len(numbers), numbers

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""
        return self._numbers[index]

    def index(self, number: int) -> int:
        """Return the index of a number that is in the list."""
        return self._numbers.index(number)


class LetterOrder:
    """The numbers of a permutation that have one letter, where a pattern of letters is repeated along it.

    Args:
        permutation: all numbers; the number at index i has the letter `pattern[i % len(pattern)]`.
        pattern: the letters.
        letter: the letter of the numbers to list.
    """

    def __init__(self, permutation: Permutation, pattern: str, letter: str) -> None:
        self._permutation, self._period = permutation, len(pattern)
        self._positions = [position for position, found in enumerate(pattern) if found == letter]
        periods, rest = divmod(permutation.length, len(pattern))
        in_rest = sum(position < rest for position in self._positions)
        self.length = periods * len(self._positions) + in_rest

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""
        period, position = divmod(index, len(self._positions))
        return self._permutation.at(period * self._period + self._positions[position])

    def index(self, number: int) -> int:
        """Return the index of a number that is in the list."""
        period, position = divmod(self._permutation.index(number), self._period)
        return period * len(self._positions) + self._positions.index(position)
