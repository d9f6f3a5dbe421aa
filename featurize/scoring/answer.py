"""What a scorer may answer: one number, or several by name; anything else is an error of that row alone."""

import math
import re
from collections.abc import Mapping

MOST = 64
"""Numbers of one scorer for one photo or caption: more are a vector, which is what features are for."""
GREATEST = (2 - 2**-23) * 2.0**127
"""The greatest number that scores are stored as, in float32: 3.4e38."""
_KEY = re.compile(r"[^\W][\w-]{0,63}")


def scores(name: str, answer: object) -> dict[str, float]:
    """Return the scores by their names in the dataset: `name`, or `name.key` for several.

    Args:
        answer: a number, or a mapping of names to numbers.

    Raises:
        ValueError: it is neither, not finite, or too large; the message says what it is.
    """
    if not isinstance(answer, Mapping):
        return {name: _finite(answer)}
    if not 0 < len(answer) <= MOST:
        raise ValueError(f"it returned {len(answer)} numbers; 1 to {MOST} can be kept")
    if bad := [key for key in answer if not isinstance(key, str) or not _KEY.fullmatch(key)]:
        raise ValueError(f"it returned the name {bad[0]!r:.80}; names are letters, digits, _ and -")
    return {f"{name}.{key}": _finite(value) for key, value in answer.items()}


def _finite(value: object) -> float:
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise ValueError(f"it returned {value!r:.80}, which is no number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"it returned {number}, which is no finite number")
    if abs(number) > GREATEST:
        raise ValueError(f"it returned {number:g}; {GREATEST:.2g} is the greatest number that can be kept")
    return number
