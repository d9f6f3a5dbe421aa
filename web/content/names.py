"""Names of photos in a column that is mapped into memory, and their numbers."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Names(Sequence[str]):
    """A column of texts, each made a Python object where it is asked for."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        found: str | Sequence[str] = (
            Names(self._column[number]) if isinstance(number, slice) else self._column[int(number)].as_py()
        )
        return found

    def __len__(self) -> int:
        return len(self._column)


class Numbers:
    """The number of each photo by its sha256.

    Args:
        order: (P,) the numbers, in the order of the names.
    """

    def __init__(self, names: Names, order: NDArray[np.int64]) -> None:
        self._names, self._order = names, order

    def get(self, name: str | None) -> int | None:
        """Return the number of a photo; None where there is none of that name."""
        if not name:
            return None
        place = bisect_left(self._order, name, key=lambda number: self._names[number])
        if place < len(self._order) and self._names[self._order[place]] == name:
            return int(self._order[place])
        return None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> int:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found
