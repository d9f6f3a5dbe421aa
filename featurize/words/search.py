"""The exact search: the cosine of one direction with every photo's vector, straight from where these lie.

R rows of a cache, N photos, D values in a vector. Vectors are read once, in their stored precision; nothing
of them is copied, so that memory grows by 4 bytes a photo.
"""

import numba
import numpy as np

from featurize.read import Chosen
from store.processes.kept import compiled

BLOCK = 2**16
"""Photos whose cosines are computed before others may have the processor."""
SUMS = {"reassoc", "contract", "nsz"}
"""Sums may be taken in any order, so that a processor adds several values at once; nothing else is loose."""
_HALF = np.float32(2.0**112)
"""What a float16's bits, moved to where a float32 has them, are too small by: exponents count from -15, not
from -127."""


def _signature(kind: numba.types.Type) -> numba.core.typing.templates.Signature:
    """Return the signature for vectors that are stored so; they are mapped, and so not to be written to."""
    floats = numba.types.Array(numba.float32, 1, "C")
    return numba.void(
        numba.types.Array(kind, 2, "C", readonly=True),
        numba.types.Array(numba.int64, 1, "C", readonly=True),
        floats,
        floats,
        floats,
    )


@compiled(_signature(numba.float32), fastmath=SUMS)
def _of_float32(
    values: np.ndarray, rows: np.ndarray, direction: np.ndarray, mean: np.ndarray, found: np.ndarray
) -> None:
    """Fill `found` (N,) with the cosines of `direction` (D,) and the rows of `values` minus `mean` (D,)."""
    for place in range(len(rows)):
        row = values[rows[place]]
        product, square = np.float32(0), np.float32(0)
        for column in range(len(direction)):
            value = row[column] - mean[column]
            product += value * direction[column]
            square += value * value
        found[place] = product / np.sqrt(square) if square > 0 else np.float32(0)


@compiled(_signature(numba.uint16), fastmath=SUMS)
def _of_float16(
    values: np.ndarray, rows: np.ndarray, direction: np.ndarray, mean: np.ndarray, found: np.ndarray
) -> None:
    """Do the same for float16, given as its bits: Numba has no such numbers on the CPU."""
    for place in range(len(rows)):
        row = values[rows[place]]
        product, square = np.float32(0), np.float32(0)
        for column in range(len(direction)):
            bits = np.uint32(row[column])
            sign = np.uint32((bits & np.uint32(0x8000)) << np.uint32(16))
            moved = np.uint32((bits & np.uint32(0x7FFF)) << np.uint32(13)) | sign
            value = np.uint32(moved).view(np.float32) * _HALF - mean[column]
            product += value * direction[column]
            square += value * value
        found[place] = product / np.sqrt(square) if square > 0 else np.float32(0)


def cosines(vectors: Chosen, direction: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Return the cosine of a direction and each photo's vector, (N,) float32; 0 where one has no length.

    Args:
        vectors: of N photos, float32 or float16, of values whose squares float32 holds.
        direction: (D,) of any length.
        mean: (D,) what is subtracted from vectors and direction first; None for nothing. Vectors after ReLU
            are never negative, so all of them point nearly the same way, which hides their differences.
    """
    offset = np.zeros(vectors.shape[1], np.float32) if mean is None else np.array(mean, np.float32)
    wanted = np.asarray(direction, np.float32) - offset
    wanted = wanted / max(float(np.linalg.norm(wanted)), float(np.finfo(np.float32).tiny))
    found = np.empty(len(vectors), np.float32)
    halves = vectors.values.dtype == np.float16
    compute = _of_float16 if halves else _of_float32
    values = vectors.values.view(np.uint16) if halves else vectors.values
    rows = np.asarray(vectors.rows, np.int64)
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        compute(values, rows[part], wanted, offset, found[part])
    return found


def best(scores: np.ndarray, count: int) -> np.ndarray:
    """Return the places (at most `count`,) of the highest scores (N,), the highest first.

    Of equal ones those that come first, as photos of one dataset always do in the same order.
    """
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
        chosen = np.sort(np.concatenate([above, equal[: count - len(above)]]))
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")][:count]
