"""Progress of long work: a bar on a terminal, a plain line every few seconds in a log."""

import sys
import time
from datetime import timedelta
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
        total: how many units there are; None if that is not known.
        unit: the plural of what is counted: "photos".
    """

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self.done, self.total, self.unit = 0, total, unit
        self._label = label
        self._details = ""
        self._started = self._last_line = time.monotonic()
        self._bar: Bar | None = None

    def advance(self, count: int = 1, **details: object) -> None:
        """Add `count` units; `details` are shown behind the count until others replace them.

        `total` may be changed beforehand, if there turns out to be more or less work.
        """
        self.done += count
        if details:
            self._details = "  ".join(f"{name} {_written(value)}" for name, value in details.items())
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self.done, total=self.total, details=self._details)
        elif time.monotonic() - self._last_line >= LOG_SECONDS:
            self._print_line(is_end=False)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(self.unit),
                TimeRemainingColumn(),
                TextColumn("{task.fields[details]}"),
                console=Console(stderr=True),
            )
            self._bar.add_task(self._label, total=self.total, details="")
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
            self._print_line(is_end=True)

    def _print_line(self, *, is_end: bool) -> None:
        self._last_line = time.monotonic()
        rate = self.done / max(self._last_line - self._started, 1e-9)
        share = f"{self.done:,}" if self.total is None else f"{self.done:,} of {self.total:,}"
        left = "" if is_end else _time_left(self.done, self.total, rate)
        line = f"{self._label}: {share} {self.unit}, {rate:,.1f}/s{left}  {self._details}"
        print(line.rstrip(), file=sys.stderr, flush=True)


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _time_left(done: int, total: int | None, rate: float) -> str:
    """Return ", 0:02:20 left"; "" if the total is unknown or reached, or nothing is done yet."""
    if total is None or not 0 < done < total:
        return ""
    return f", {timedelta(seconds=round((total - done) / rate))} left"
