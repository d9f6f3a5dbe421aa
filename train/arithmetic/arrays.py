"""Arrays of NumPy, on the host, and of CuPy, on a GPU: which they are, and how they come to the host."""

import sys
from typing import Any

import numpy as np


def namespace(array: Any) -> Any:
    """Return the module that made an array, NumPy or CuPy, without importing either."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def to_host(array: Any) -> Any:
    """Return a NumPy or CuPy array as a NumPy array."""
    return array.get() if hasattr(array, "get") else np.asarray(array)
