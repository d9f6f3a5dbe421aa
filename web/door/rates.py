"""How often a visitor may do something."""

import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000
"""Visitors that a rate knows of at once; whoever came longest ago is forgotten first."""


class Rate:
    """A limit by visitor: `burst` at once, and `per_minute` in the long run.

    A bucket of `burst` tokens that fills at a steady rate; each time takes one.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_minute / 60, burst, clock
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By visitor: how many were left, and when that was."""

    def take(self, visitor: str) -> float:
        """Count one time for `Visitor.name`.

        Returns:
            0 where it is allowed; else the seconds after which it will be, and nothing was counted.
        """
        now = self._clock()
        left, then = self._tokens.pop(visitor, (float(self._burst), now))
        left = min(self._burst, left + (now - then) * self._per_second)
        allowed = left >= 1
        self._tokens[visitor] = (left - 1 if allowed else left, now)
        while len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
