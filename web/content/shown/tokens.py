"""A token of a caption, as pages shade it."""

from dataclasses import dataclass

BOUNDS = (0.01, 0.05, 0.2, 0.5, 0.8)
"""Where one shade ends and the next begins."""


@dataclass(frozen=True)
class Token:
    """A token with the probability that the model gave it."""

    text: str
    probability: float

    @property
    def level(self) -> int:
        """The shade of the token on the page: 0 for below 1%, up to 5 for 80% and more."""
        return sum(self.probability >= bound for bound in BOUNDS)
