"""A set of web addresses for crawls of millions: eight bytes per address."""

from bisect import bisect_left
from hashlib import md5

import numpy as np
import numpy.typing as npt

_MAX_RECENT = 50_000
"""New hashes that gather before they are sorted in: the sort copies the whole array."""


class AddressSet:
    """A set of addresses, kept as the lower 64 bits of their MD5 (as DuckDB's `md5_number_lower` has it).

    Most lie in one sorted array, the newest in an ordinary set that is merged into it from time to time.
    Among ten million addresses, the probability that any two share a hash is about 3 in a million; one of the
    two would not be fetched.

    Args:
        hashes: (n,) uint64, the lower 64 bits of the MD5 of the addresses to start with, in any order.
    """

    def __init__(self, hashes: npt.NDArray[np.uint64] | None = None) -> None:
        self._sorted = np.sort(hashes) if hashes is not None else np.empty(0, np.uint64)
        self._view = self._sorted.data
        self._recent: set[int] = set()

    def add(self, address: str) -> bool:
        """Add an address; return whether it is new."""
        number = _hash(address)
        if number in self._recent or self._is_in_array(number):
            return False
        self._recent.add(number)
        if len(self._recent) >= _MAX_RECENT:
            recent = np.fromiter(self._recent, np.uint64, len(self._recent))
            # A stable sort is a timsort: it finds the long sorted run and merges the rest into it.
            self._sorted = np.sort(np.concatenate([self._sorted, recent]), kind="stable")
            self._view = self._sorted.data
            self._recent = set()
        return True

    def __contains__(self, address: str) -> bool:
        number = _hash(address)
        return number in self._recent or self._is_in_array(number)

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def _is_in_array(self, number: int) -> bool:
        place = bisect_left(self._view, number)
        return place < len(self._view) and self._view[place] == number


def _hash(address: str) -> int:
    return int.from_bytes(md5(address.encode(), usedforsecurity=False).digest()[8:], "little")
