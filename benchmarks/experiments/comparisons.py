"""Cells against each other: pairs of runs with the same seed, on the same dev photos.

S seeds, P photos.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.experiments.intervals import Estimate, over_seeds, over_seeds_and_photos
from benchmarks.experiments.results import Result
from train.evaluation import by_photo
from train.evaluation.intervals import FIGURES
from train.model import Array

MOVED = 0.1
"""Nats a token of training loss by which a switch moves a run so far that a second seed is asked."""


def learned_minus(result: Result, other: Result) -> Estimate | None:
    """Return by how many nats a token a training loss is above another cell's; None without a common seed."""
    pairs = [result.learned[seed] - other.learned[seed] for seed in result.runs if seed in other.runs]
    return over_seeds(pairs) if pairs else None


def dev_minus(result: Result, other: Result, figure: str) -> Estimate | None:
    """Return by how much a figure of dev is above another cell's; None without a common seed.

    Args:
        figure: of `train.evaluation.intervals.FIGURES`, one that is a ratio of two sums.
    """
    seeds = [seed for seed in result.runs if seed in other.runs]
    if not seeds:
        return None
    sums: list[list[Array]] = []
    for seed in seeds:
        tables = (by_photo.read(Path(each.runs[seed]["run"]), "dev") for each in (result, other))
        sums.append([_summands(figure, columns) for columns in by_photo.paired(*tables)])
    one, two = (np.stack([pair[side] for pair in sums], axis=1) for side in (0, 1))  # (2, S, P) each
    known = ~(np.isnan(one) | np.isnan(two)).any(axis=(0, 1))
    return over_seeds_and_photos(one[..., known], two[..., known])


def _summands(figure: str, columns: Mapping[str, Array]) -> Array:
    """Return numerator and denominator of each photo, (2, P)."""
    return np.stack(list(FIGURES[figure].summands(columns)))


def moved(results: Sequence[Result]) -> set[str]:
    """Return the names of the switches of the large run that move its training loss by over `MOVED`."""
    main = next((result for result in results if result.name == "article-large"), None)
    switches = [result for result in results if result.question == "article-large" and result is not main]
    differences = {result.name: learned_minus(result, main) for result in switches} if main else {}
    return {name for name, found in differences.items() if found and abs(found.value) > MOVED}
