"""Loops over rows, written out: Numba compiles those of its own array expressions with all their checks."""

from train.arithmetic.compiled.jit import compiled
from train.model import Array


@compiled(inner=True)
def clear(rows: Array) -> None:
    """Fill rows (R, M) with zeros."""
    for row in range(len(rows)):
        line = rows[row]
        for column in range(len(line)):
            line[column] = 0


@compiled(inner=True)
def copy(line: Array, out: Array) -> None:
    """Fill out (M,) with a line (M,)."""
    for column in range(len(line)):
        out[column] = line[column]


@compiled(inner=True)
def add(line: Array, total: Array) -> None:
    """Add a line (M,) to total (M,)."""
    for column in range(len(line)):
        total[column] += line[column]


@compiled(inner=True)
def add_up(rows: Array, total: Array) -> None:
    """Fill total (M,) with the sums of the columns of rows (R, M)."""
    for column in range(len(total)):
        total[column] = 0
    for row in range(len(rows)):
        for column in range(len(total)):
            total[column] += rows[row, column]
