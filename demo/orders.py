"""Orders of numbered items: the item at an index, and the index of an item. All but `Listing` need no
memory.

A real site sorts its lists by views, by time, by user. Here such an order is an affine permutation, index
↦ number (a · index + c) mod n, which has an inverse, and a list is a part of one. Where numbers that lie
evenly apart must not have places that lie evenly apart too, it is a shuffle.
"""

from dataclasses import dataclass
from math import gcd
from random import Random
from typing import Protocol

_64_BITS = 2**64 - 1


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


class Shuffle:
    """All numbers below n in an order in which neighbours have nothing in common, computed both ways.

    It is a Feistel network over pairs of half-words, applied again until a number below n comes out ("cycle
    walking"; Black and Rogaway, Ciphers with arbitrary finite domains, 2002).

    Args:
        n: how many numbers there are.
        seed: another seed gives another order.
    """

    def __init__(self, n: int, seed: str) -> None:
        self.length = n
        self._half = max((n - 1).bit_length() + 1, 2) // 2
        random = Random(seed)
        self._keys = [random.getrandbits(64) for _ in range(6)]

    def at(self, index: int) -> int:
        """Return the number at an index from 0."""
        return self._walk(index, self._keys, is_inverse=False)

    def index(self, number: int) -> int:
        """Return the index of a number."""
        return self._walk(number, self._keys[::-1], is_inverse=True)

    def _walk(self, value: int, keys: list[int], *, is_inverse: bool) -> int:
        mask = (1 << self._half) - 1
        while True:
            left, right = value >> self._half, value & mask
            if is_inverse:
                left, right = right, left
            for key in keys:
                left, right = right, left ^ (_mixed(right ^ key) & mask)
            if is_inverse:
                left, right = right, left
            value = left << self._half | right
            if value < self.length:
                return value


def _mixed(value: int) -> int:
    """Return 64 bits that look random, the same for the same value (the finalizer of splitmix64)."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _64_BITS
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _64_BITS
    return value ^ value >> 31


@dataclass(frozen=True)
class Stride:
    """Every `step`-th number of an order from index `first` on, `length` in all."""

    permutation: Order
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
