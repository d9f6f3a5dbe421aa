"""Progress of long work: a bar on a terminal, a plain line every few seconds in a log."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

LOG_SECONDS = 10.0


class Progress:
    """Count work done on standard error, with the rate, the time left and any details.

    Args:
        label: what is being done: "features", say.
        total: how many units there are; None where nobody knows.
        unit: the plural of what is counted: "photos".
    """

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self.done = 0
        self._label, self._total, self._unit = label, total, unit
        self._details = ""
        self._started = self._said = time.monotonic()
        self._bar: Bar | None = None

    def advance(self, count: int = 1, **details: object) -> None:
        """Add `count` units; `details` are shown behind the count, until others take their place."""
        self.done += count
        if details:
            self._details = "  ".join(f"{name} {value}" for name, value in details.items())
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self.done, details=self._details)
        elif time.monotonic() - self._said >= LOG_SECONDS:
            self._say()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(self._unit),
                TimeRemainingColumn(),
                TextColumn("{task.fields[details]}"),
                console=Console(stderr=True),
            )
            self._bar.add_task(self._label, total=self._total, details="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        else:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        rate = self.done / max(self._said - self._started, 1e-9)
        share = f"{self.done:,}" if self._total is None else f"{self.done:,} of {self._total:,}"
        line = f"{self._label}: {share} {self._unit}, {rate:,.1f}/s  {self._details}"
        print(line.rstrip(), file=sys.stderr, flush=True)
