"""NumPy's own matrix product, OpenBLAS's sgemm, for compiled code: called without Python or a copy."""

import ctypes
from typing import Any

import numba
import numpy as np
from llvmlite import binding
from numba.core import types
from threadpoolctl import ThreadpoolController

from train.arithmetic.compiled.jit import compiled
from train.model import Array

_SPELLINGS = (
    ("scipy_cblas_sgemm64_", types.int64),
    ("cblas_sgemm64_", types.int64),
    ("cblas_sgemm", types.int32),
)
"""The function as NumPy's wheels and as others spell it, and its integers."""
_ROW_MAJOR, _PLAIN, _TRANSPOSED = 101, 111, 112  # of the CBLAS interface's enumerations


def _found() -> tuple[int, Any] | None:
    """Return the address of sgemm in this process and the type of its integers; None where there is none."""
    paths = [each.filepath for each in ThreadpoolController().select(internal_api="openblas").lib_controllers]
    # NumPy's before any other, which may be loaded or not: another one would change the last bits.
    for path in sorted(paths, key=lambda path: "numpy" not in path):
        library = ctypes.CDLL(path)
        for name, integer in _SPELLINGS:
            if hasattr(library, name):
                return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0, integer
    return None


@compiled()
def multiply_plainly(left: Array, right: Array, out: Array, keep: Any) -> None:
    """Do what `multiply` does, row by row, where there is no OpenBLAS or nothing is compiled."""
    for row in range(len(out)):
        if keep == 0:
            out[row] = 0
        for inner in range(left.shape[1]):
            out[row] += left[row, inner] * right[inner]


def _by_blas(address: int, integer: Any) -> Any:
    """Return `multiply` as a call of sgemm at an address."""
    # By a name, which the linker looks up: an address in the machine code could not be kept on disk.
    binding.add_symbol("bokeru_sgemm", address)
    enum, real, pointer = types.int32, types.float32, types.voidptr
    signature = types.void(
        enum, enum, enum, integer, integer, integer,
        real, pointer, integer, pointer, integer, real, pointer, integer,
    )  # fmt: skip
    sgemm: Any = types.ExternalFunction("bokeru_sgemm", signature)
    one = np.float32(1)

    @compiled(inner=True)
    def multiply(left: Array, right: Array, out: Array, keep: Any) -> None:
        if out.size == 0:
            return
        # An array whose rows are not contiguous is a transposed one: sgemm reads it as it lies in memory.
        left_is, left_line = _PLAIN, max(left.strides[0] // 4, left.shape[1])
        if left.strides[1] != 4:
            left_is, left_line = _TRANSPOSED, max(left.strides[1] // 4, left.shape[0])
        right_is, right_line = _PLAIN, max(right.strides[0] // 4, right.shape[1])
        if right.strides[1] != 4:
            right_is, right_line = _TRANSPOSED, max(right.strides[1] // 4, right.shape[0])
        sgemm(
            _ROW_MAJOR, left_is, right_is, len(out), out.shape[1], left.shape[1], one,
            left.ctypes, left_line, right.ctypes, right_line,
            np.float32(keep), out.ctypes, max(out.strides[0] // 4, out.shape[1]),
        )  # fmt: skip

    return multiply


_sgemm = None if numba.config.DISABLE_JIT else _found()
multiply = _by_blas(*_sgemm) if _sgemm else multiply_plainly
"""Fill out (M, N) with left (M, K) @ right (K, N) + keep x out; all float32, `keep` 0 or 1.

Any of them may be a part of a larger array. The rows of `out` are contiguous, and of the others rows or
columns. It runs on the threads of OpenBLAS's own, which training sets to one.
"""
