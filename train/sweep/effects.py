"""What each setting of a sweep does to the dev loss, the others being what they are in the sweep.

S seeds, C combinations of the other settings' values.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from train.model import Array
from train.runs.seeds import pooled
from train.sweep.grid import Axes

OTHER_CAPTIONS = "train.max_tokens"
"""The setting that decides on which captions of dev a loss is."""


@dataclass(frozen=True)
class Effect:
    """By how much a value of a setting changes the dev loss of known tokens.

    Args:
        setting: its name.
        base: its first value in the sweep.
        value: another one, or the only one.
        difference: the loss with `value` minus that with `base`, nats per token: the mean over pairs of runs
            that differ by this setting alone; negative where `value` is better. None where nothing tells.
        low, high: the interval over seeds; None with one seed.
        pairs, seeds: how many pairs there are, and of how many seeds.
        why: why a figure is missing.
    """

    setting: str
    base: Any
    value: Any
    difference: float | None
    low: float | None
    high: float | None
    pairs: int
    seeds: int
    why: str | None


def effects(axes: Axes, losses: Array) -> tuple[Effect, ...]:
    """Return what each value does beside the first one of its setting, the largest difference first.

    The difference is first taken between two runs of the same seed and the same other settings, then averaged
    over those for each seed, as the main effect of a factorial design is (Box, Hunter and Hunter 2005,
    Statistics for Experimenters, chapter 5); seeds are its blocks. So what a seed adds to many runs alike
    widens the interval, as it must, and how unlike the combinations are does not: it is of these combinations
    and other seeds. It is Student's, of S - 1 degrees of freedom (`train.runs.seeds.pooled`).

    Args:
        losses: dev losses of known tokens, (S, values of the first setting, of the second, …); NaN where
            there is none. A combination counts where all its seeds have a loss, with both values.
    """
    found = [
        _effect(name, values, number, np.moveaxis(losses, axis, 1).reshape(len(losses), len(values), -1))
        for axis, (name, values) in enumerate(axes.items(), 1)
        for number in range(1, max(2, len(values)))
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.difference or 0.0)))


def _effect(name: str, values: tuple[Any, ...], number: int, losses: Array) -> Effect:
    """Return what one value does.

    Args:
        number: of the value.
        losses: (S, values, C).
    """
    base, value = values[0], values[min(number, len(values) - 1)]

    def nothing(why: str) -> Effect:
        return Effect(name, base, value, None, None, None, 0, 0, why)

    if len(values) == 1:
        return nothing("it has one value in this sweep")
    if name == OTHER_CAPTIONS:
        return nothing("it decides which captions of dev are measured, so the losses are of other captions")
    differences = losses[:, number] - losses[:, 0]  # (S, C)
    whole = differences[:, ~np.isnan(differences).any(axis=0)]
    if not whole.size:
        return nothing("no combination of the other settings has a dev loss of every seed with both values")
    mean = pooled(whole.mean(axis=1).tolist())
    why = "one seed tells nothing of others: take --seeds 3 or more" if mean.seeds == 1 else None
    return Effect(name, base, value, mean.mean, mean.low, mean.high, whole.size, mean.seeds, why)
