"""The article's two curves, and ours in the article's unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.experiments.results import Result


@dataclass(frozen=True)
class Curve:
    """What the article prints of one of its runs.

    Attributes:
        epochs: after which epoch each value was measured. That they are evenly spaced is an inference: the
            article gives 10 values of 30 epochs, and 5 of 100.
        losses: its `average_loss`, whose unit is inferred, too: see `train.article`.
    """

    epochs: tuple[int, ...]
    losses: tuple[float, ...]


CURVES = {
    "article-small": Curve((20, 40, 60, 80, 100), (6.766, 1.726, 0.716, 0.360, 0.199)),
    "article-large": Curve(
        (3, 6, 9, 12, 15, 18, 21, 24, 27, 30),
        (10.557, 9.724, 9.052, 8.729, 8.364, 8.105, 7.999, 7.783, 7.821, 7.629),
    ),
}


def curve(result: Result, epochs: Sequence[int]) -> list[list[float]]:
    """Return, for each of the epochs, the loss of every run in the article's unit."""
    losses = result.losses("article_loss")
    return [[loss for run in losses if (loss := run[epoch - 1]) is not None] for epoch in epochs]
