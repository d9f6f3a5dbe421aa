"""How much of the model each visitor has had lately."""

from collections.abc import Callable

HALF_LIFE = 60.0
"""Seconds after which a second of the model counts half."""
REMEMBERED = 10_000
"""Visitors that are known at once; those who had least are forgotten first."""


class Usage:
    """Seconds of the model by visitor, of which those long ago count less.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._had: dict[str, tuple[float, float]] = {}
        """By visitor: seconds, and when they were counted."""

    def of(self, visitor: str) -> float:
        """Return the seconds that a visitor had, each halved for every `HALF_LIFE` since."""
        seconds, then = self._had.get(visitor, (0.0, 0.0))
        return float(seconds * 0.5 ** ((self._clock() - then) / HALF_LIFE))

    def add(self, visitor: str, seconds: float) -> None:
        """Count seconds that a visitor just had."""
        self._had[visitor] = (self.of(visitor) + seconds, self._clock())
        if len(self._had) > REMEMBERED:
            kept = sorted(self._had, key=self.of)[REMEMBERED // 2 :]
            self._had = {name: self._had[name] for name in kept}
