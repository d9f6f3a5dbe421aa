"""Metrics of other people's code (`train.metrics`): measured beside ours, under their own names."""

import logging
import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from store.errors import UsageError, UserError
from store.plugins.find import Plugin, find
from train.evaluation.intervals import Estimate, of_mean
from train.evaluation.metrics import Tokens

SETTING = "train.metrics"
log = logging.getLogger(__name__)
Measured = float | int | None


class Metric(Protocol):
    """What measures captions of N photos: any callable."""

    def __call__(
        self, captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], /
    ) -> Measured | Sequence[Measured]:
        """Return a number for each caption, of which the figure is the mean; or one for all of them.

        Only the first kind has an interval: how one number would change with other photos, it does not tell.

        Args:
            captions: (N,) the model's, as tokens.
            references: (N,) those of people, at least one a photo, the one with most stars first.
        """
        ...


def found(references: Iterable[str], ours: Iterable[str]) -> list[Plugin]:
    """Return the metrics that the settings name.

    Raises:
        UsageError: one is not there, or two figures would have one name.
    """
    plugins = [find("metric", reference, SETTING) for reference in references]
    names = list(ours)
    for plugin in plugins:
        if plugin.name in names:
            raise UsageError(f"{plugin} has the name of another figure, {plugin.name!r}. Give it another")
        names.append(plugin.name)
    return plugins


def measured(
    plugins: Iterable[Plugin], captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> dict[str, Estimate]:
    """Return the figures by the metrics' names; their value is None where a metric gives no finite number.

    Raises:
        UserError: a metric fails, or gives neither one number nor one a caption; the message names it.
    """
    return {plugin.name: _figure(plugin, captions, references) for plugin in plugins}


def _figure(plugin: Plugin, captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Estimate:
    metric: Metric = plugin.load("__call__")
    with plugin.blamed(f"measured {len(captions)} captions"):
        found = metric(captions, references)
        of_each = isinstance(found, Sequence | np.ndarray) and not isinstance(found, str | bytes)
        numbers = [_number(plugin, value) for value in (found if of_each else [found])]  # type: ignore[union-attr]
    if of_each and len(numbers) != len(captions):
        raise UserError(f"{plugin} returned {len(numbers)} numbers for {len(captions)} captions")
    odd = [number for number in numbers if number is not None and not math.isfinite(number)]
    if odd:
        told = f"{odd[0]}, which is no finite number, {len(odd)} times: these are left out"
        log.warning("%s returned %s", plugin, told)
    kept = [number if number is not None and math.isfinite(number) else None for number in numbers]
    if of_each:
        return of_mean(np.array([math.nan if number is None else number for number in kept], np.float64))
    return Estimate(kept[0], None, None, len(captions))


def _number(plugin: Plugin, value: object) -> float | int | None:
    """Return a number that a metric gave: a whole one as it is."""
    if isinstance(value, str | bytes):
        raise UserError(f"{plugin} returned {value!r:.60}, which is no number")
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return float(value)  # type: ignore[arg-type]
