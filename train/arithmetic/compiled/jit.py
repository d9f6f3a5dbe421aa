"""Numba's compiler as the loops of this package use it, and the exponential function that they share."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from store.processes import kept

Function = TypeVar("Function", bound=Callable[..., Any])

# expf reduces x to n * ln 2 + r. ln 2 in two parts keeps r exact: the first has few bits, so n * it is exact.
_LOG2_E = np.float32(1.44269504)
_LN_2_HIGH, _LN_2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)


def compiled(inline: str = "never", inner: bool = False) -> Callable[[Function], Function]:
    """Return a decorator that compiles with Numba, without Python's lock; machine code is kept on disk.

    Args:
        inline: "always" puts the function into its callers.
        inner: Python never calls it: it is compiled in a fraction of the time then.
    """
    # Sums may be reordered, or they would not vectorise; the order is fixed when the code is compiled, so
    # runs repeat bit for bit. "nnan" and "ninf" are missing on purpose: a model that diverged must show it.
    fast = {"reassoc", "contract", "nsz", "arcp"}
    settings = {"fastmath": fast, "inline": inline, "error_model": "numpy"}
    return kept.compiled(**settings, no_cpython_wrapper=inner, no_cfunc_wrapper=inner)


@compiled(inline="always")
def exp(x: Any) -> Any:
    """Return e^x within about 1 ulp, float32; x is clamped to -87..87, and NaN stays NaN.

    Numba calls libm's expf once per value; this one is plain arithmetic, which LLVM vectorises.

    Source: the polynomial of Moshier's Cephes library, expf.
    """
    # Beyond 87 or so the exponent would overflow. Both comparisons are false for NaN, which passes through.
    if x < np.float32(-87.0):
        x = np.float32(-87.0)
    if x > np.float32(87.0):
        x = np.float32(87.0)
    n = np.floor(x * _LOG2_E + np.float32(0.5))
    r = (x - n * _LN_2_HIGH) - n * _LN_2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1.0)
    # 2**n, made by writing n into the exponent bits of a float32.
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
