"""Metrics of other people's code (`train.metrics`): measured beside ours, under their own names."""

import logging
import math
from collections.abc import Iterable, Sequence
from typing import Protocol

from store.errors import UsageError, UserError
from store.plugins.find import Plugin, find
from train.evaluation.metrics import Tokens

SETTING = "train.metrics"
log = logging.getLogger(__name__)


class Metric(Protocol):
    """What measures captions of N photos: any callable."""

    def __call__(
        self, captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], /
    ) -> float | int | None:
        """Return one number for the captions.

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
) -> dict[str, float | int | None]:
    """Return the figures by the metrics' names; None, with a warning, where one is no finite number.

    Raises:
        UserError: a metric fails; the message names it.
    """
    return {plugin.name: _figure(plugin, captions, references) for plugin in plugins}


def _figure(
    plugin: Plugin, captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]
) -> float | int | None:
    metric: Metric = plugin.load("__call__")
    with plugin.blamed(f"measured {len(captions)} captions"):
        value = metric(captions, references)
        number = None if value is None else float(value)
    if isinstance(value, str | bytes):
        raise UserError(f"{plugin} returned {value!r:.60}, which is no number")
    if number is None or math.isfinite(number):
        return value if isinstance(value, int) and not isinstance(value, bool) else number
    log.warning("%s returned %s, which is no finite number: the figure is left out", plugin, number)
    return None
