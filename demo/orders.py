"""Orders of numbered things that need no memory: the n-th of a list, and the place of a number in it.

A real site sorts by stars, by time, by user. Here such an order is an affine permutation, place ↦ number
(a · place + c) mod n, which can be undone, and a list is a part of one.
"""

from dataclasses import dataclass
from math import gcd
from random import Random
from typing import Protocol


class Order(Protocol):
    """A list of distinct numbers."""

    @property
    def length(self) -> int:
        """How many there are."""

    def at(self, place: int) -> int:
        """Return the number at a place from 0."""

    def place(self, number: int) -> int:
        """Return the place of a number that is in the list."""


class Permutation:
    """All numbers below n.

    Args:
        n: how many numbers there are.
        step: a factor coprime to n.
        shift: the number at place 0.
    """

    def __init__(self, n: int, step: int, shift: int) -> None:
        self.length, self._step, self._shift = n, step, shift
        self._back = pow(step, -1, n)

    @classmethod
    def seeded(cls, n: int, seed: str) -> "Permutation":
        """Return a permutation of the numbers below `n` that looks like chance."""
        random = Random(seed)
        step = random.randrange(n)
        while gcd(step, n) != 1:
            step += 1
        return cls(n, step, random.randrange(n))

    def at(self, place: int) -> int:
        """Return the number at a place from 0."""
        return (place * self._step + self._shift) % self.length

    def place(self, number: int) -> int:
        """Return the place of a number."""
        return (number - self._shift) * self._back % self.length


@dataclass(frozen=True)
class Stride:
    """Every `step`-th number of a permutation from its `first` on, `length` in all."""

    permutation: Permutation
    first: int
    step: int
    length: int

    def at(self, place: int) -> int:
        """Return the number at a place from 0."""
        return self.permutation.at(self.first + self.step * place)

    def place(self, number: int) -> int:
        """Return the place of a number that is in the list."""
        return (self.permutation.place(number) - self.first) // self.step


class Belt:
    """The numbers of a permutation that lie under one letter of a repeated belt of letters.

    Args:
        permutation: all numbers, in the order in which the belt passes.
        belt: the letters; each number of the permutation has one.
        letter: whose numbers are listed.
    """

    def __init__(self, permutation: Permutation, belt: str, letter: str) -> None:
        self._permutation, self._turn = permutation, len(belt)
        self._spots = [spot for spot, found in enumerate(belt) if found == letter]
        turns, rest = divmod(permutation.length, len(belt))
        self.length = turns * len(self._spots) + sum(spot < rest for spot in self._spots)

    def at(self, place: int) -> int:
        """Return the number at a place from 0."""
        turn, spot = divmod(place, len(self._spots))
        return self._permutation.at(turn * self._turn + self._spots[spot])

    def place(self, number: int) -> int:
        """Return the place of a number that is in the list."""
        turn, spot = divmod(self._permutation.place(number), self._turn)
        return turn * len(self._spots) + self._spots.index(spot)
