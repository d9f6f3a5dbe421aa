"""Shows a crawl's history in a terminal: a table of its runs, and how its figures went."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crawler.history.deviation import WORDS
from crawler.history.history import usual_runs
from store.logs import printable

Row = dict[str, Any]
_BARS = "▁▂▃▄▅▆▇█"
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_MOST = 60
"""Runs that a chart shows, the newest: as many as fit in a line."""


def _took(run: Row) -> str:
    if run["ended"] is None:
        return "?"
    seconds = (run["ended"] - run["started"]).total_seconds()
    unit, size = next((unit, size) for unit, size in _UNITS if seconds >= size or size == 1)
    return f"{seconds / size:.0f}{unit}" if size == 1 else f"{seconds / size:.1f}{unit}"


def _counts(counts: dict[str, int] | None) -> str:
    found = counts or {}
    others = sum(found.values()) - found.get("ok", 0)
    return f"{found.get('ok', 0):,}" + (f" +{others:,}" if others else "")


def _number(name: str, digits: int = 1) -> Callable[[Row], str]:
    return lambda run: "–" if run[name] is None else f"{run[name]:,.{digits}f}"


def _percent(name: str) -> Callable[[Row], str]:
    return lambda run: "–" if run[name] is None else f"{100 * run[name]:.0f}"


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("run (UTC)", lambda run: f"{run['started']:%y-%m-%d %H:%M}"),
    ("took", _took),
    ("exit", lambda run: "?" if run["status"] is None else str(run["status"])),
    ("pages", lambda run: _counts(run["pages"])),
    ("photos", lambda run: _counts(run["photos"])),
    ("/odai", _number("bokes_per_odai")),
    ("/list", _number("bokes_per_list")),
    ("★", _percent("with_stars")),
    ("date", _percent("with_posted")),
    ("photo", _percent("with_photo")),
    ("MB", lambda run: f"{(run['bytes'] or 0) / 1e6:,.0f}"),
    ("p50", _number("latency_p50", 2)),
)
_LEGEND = (
    "pages, photos: read +others. /odai, /list: boke a page. ★, date, photo: per cent of boke with them. "
    "p50: seconds to half of the answers"
)


def show(runs: Sequence[Row], most: int, console: Console) -> None:
    """Print the last `most` runs as a table, the newest last, then a chart of all, then what is not usual.

    Args:
        runs: all rows of the history, the oldest first.
        most: rows of the table.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for title, _ in _COLUMNS:
        table.add_column(title, justify="left" if title.startswith("run") else "right", no_wrap=True)
    for run in runs[-most:]:
        style = "bold red" if run["alarm"] and not run["accepted"] else None
        table.add_row(*(text(run) for _, text in _COLUMNS), style=style)
    console.print(table)
    console.print(_LEGEND, style="dim")
    if len(runs) > most:
        console.print(f"The {most} newest of {len(runs):,} runs; -n shows more")
    _chart(runs, console)
    for run in runs[-most:]:
        if run["alarm"]:
            word = "accepted" if run["accepted"] else "alarm"
            _line(console, f"{run['started']:%Y-%m-%d %H:%M} {word}: {run['alarm']}")
        elif run["failure"]:
            _line(console, f"{run['started']:%Y-%m-%d %H:%M} failed: {run['failure']}")


def _line(console: Console, text: str) -> None:
    console.print(escape(printable(text)), soft_wrap=True, highlight=False)


def _chart(runs: Sequence[Row], console: Console) -> None:
    """Print a line a figure: a bar a run, the oldest left, then the newest value beside the usual one."""
    width = max(map(len, WORDS.values()))
    usual = usual_runs(list(runs), runs[-1]["scope"])
    for name, words in WORDS.items():
        values = [run[name] for run in runs[-_MOST:]]
        known = [value for value in values if value is not None]
        if not known:
            continue
        top = max(max(known), 1.0 if name.startswith("with_") else 0.0)
        bars = "".join(" " if value is None else _bar(value, top) for value in values)
        before = [run[name] for run in usual if run is not runs[-1] and run[name] is not None]
        beside = f"{known[-1]:.2f}" + (f" (median before: {median(before):.2f})" if before else "")
        console.print(f"{words:<{width}}  {bars}  {beside}", soft_wrap=True, highlight=False)


def _bar(value: float, top: float) -> str:
    return _BARS[min(int(value / top * len(_BARS)), len(_BARS) - 1)] if top else _BARS[0]
