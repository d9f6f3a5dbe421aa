"""Holds what was measured to its limits, and says what is missed: the value, the limit, and the reason."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.size.limits import (
    COMMANDS,
    FIRST,
    GROWTH,
    LATER,
    LEAST,
    LISTENS,
    LONGER,
    MADE,
    MAKING,
    PREPARED,
    SERVED,
    STARTS,
    UPLOAD,
    WHOLE,
    Row,
)
from benchmarks.size.measuring import Cost

PREPARING = "index and vectors"
"""What is measured of a web app that has nothing on disk yet: until both are there."""
_ENDED = "ended with"


class Run(NamedTuple):
    """What was measured on a pipeline: costs by row or page, yardsticks in seconds, and its size."""

    photos: int
    vectors: int
    costs: Mapping[str, Cost]
    yardsticks: Mapping[str, float]


class Line(NamedTuple):
    """A line of the report: what it took, what it may take, and what is missed, in words."""

    name: str
    cost: Cost
    seconds: float
    memory: float
    missed: tuple[str, ...]


def judged(full: Run, tenth: Run | None) -> list[Line]:
    """Return a line for everything that was measured on `full`; `tenth` says how it grows."""
    lines = [_command(row, full) for row in COMMANDS if row.name in full.costs]
    known = {line.name for line in lines}
    lines += [_page(name, full) for name in full.costs if name not in known and name != "start"]
    if tenth is None:
        return lines
    fixed = {row.name for row in COMMANDS if not row.grows} | {"site"}
    return [
        line if line.name in fixed else line._replace(missed=(*line.missed, *growth(line.name, full, tenth)))
        for line in lines
    ]


def grown(full: Run, tenth: Run) -> list[Line]:
    """Return the lines that miss nothing but growth, or that ended otherwise than they should.

    Limits of time and memory are about the full size.
    """
    lines = []
    for line in judged(full, None):
        failed = [text for text in line.missed if text.startswith(_ENDED)]
        lines.append(line._replace(missed=(*failed, *growth(line.name, full, tenth))))
    return lines


def _command(row: Row, run: Run) -> Line:
    seconds = row.times * run.yardsticks[row.of] + STARTS * run.yardsticks["start"]
    memory = row.gigabytes * 1e9 + row.vectors * run.vectors
    found = run.costs[row.name]
    missed = list(_over(found, seconds, memory, row.status))
    # The reason, once: what the limit comes from.
    return Line(row.name, found, seconds, memory, tuple(f"{text} ({row.why})" for text in missed))


def _page(name: str, run: Run) -> Line:
    found = run.costs[name]
    if name in SERVED:
        gigabytes, vectors = SERVED[name]
        seconds, memory = LISTENS * run.yardsticks["start"], gigabytes * 1e9 + vectors * run.vectors
        return Line(name, found, seconds, memory, tuple(_over(found, seconds, memory, 0)))
    if by_yardstick := PREPARED if name == PREPARING else WHOLE.get(name.partition(":")[0]):
        yardstick, times = by_yardstick
        seconds = times * run.yardsticks[yardstick] + STARTS * run.yardsticks["start"]
        return Line(name, found, seconds, math.inf, tuple(_over(found, seconds, math.inf, 0)))
    is_later = name.endswith("later") and not name.startswith(LONGER)
    first, later = (
        MAKING if name.startswith(MADE) else UPLOAD if name.startswith("upload") else (FIRST, LATER)
    )
    least, starts = later if is_later else first
    seconds = max(least, starts * run.yardsticks["start"])
    reason = f"{least:g} s for a page, or {starts:g} starts"
    return Line(
        name,
        found,
        seconds,
        math.inf,
        tuple(f"{text} ({reason})" for text in _over(found, seconds, math.inf, 0)),
    )


def _over(found: Cost, seconds: float, memory: float, status: int) -> Iterator[str]:
    """Yield what is missed."""
    if found.status != status:
        yield f"{_ENDED} {found.status}, not {status}: {found.said[-200:]!r}"
    elif found.time > seconds:
        yield f"took {found.time:.2f} s, {seconds:.2f} are allowed"
    if found.memory > memory:
        yield f"had {found.memory / 1e9:.2f} GB in memory, {memory / 1e9:.2f} are allowed"


def growth(name: str, full: Run, tenth: Run) -> Iterator[str]:
    """Yield what grew out of proportion: beyond what a start takes, and by the processor's time.

    Other work on the machine stretches time by the clock in one run and not in the other.
    """
    one, other = full.costs[name], tenth.costs.get(name)
    if other is None or one.status != other.status or not one.processor:
        return
    times, start = full.photos / tenth.photos, full.costs["start"]
    small, work = tenth.costs["start"], _work(name, full, tenth)
    pairs = (
        (
            "processor time",
            one.processor - start.processor,
            other.processor - small.processor,
            LEAST[0],
            "s",
            1.0,
            work,
        ),
        ("memory", one.memory - start.memory, other.memory - small.memory, LEAST[1], "GB", 1e9, times),
    )
    for what, now, before, least, unit, scale, allowed in pairs:
        grew = max(now, least) / max(before, least)
        if grew > GROWTH * allowed:
            yield (
                f"{what} grew {grew:.1f} times, from {before / scale:.2f} to {now / scale:.2f} {unit}, "
                f"for {times:g} times the photos; {GROWTH * allowed:.3g} are allowed"
            )


def _work(name: str, full: Run, tenth: Run) -> float:
    """Return how many times the work of the tenth the whole is: as a row's `power` says."""
    times = full.photos / tenth.photos
    row = next((row for row in COMMANDS if row.name == name), None)
    if row is None or row.power == 1:
        return times
    if row.power is None:
        return max(times, full.yardsticks[row.of] / tenth.yardsticks[row.of])
    return float(times**row.power)


def table(lines: list[Line]) -> str:
    """Return the lines as text."""
    shown = [f"{'':24} {'s':>8} {'of':>8} {'CPU s':>8} {'GB':>6} {'of':>6}"]
    for name, cost, seconds, memory, missed in lines:
        gigabytes = f"{cost.memory / 1e9:6.2f} {memory / 1e9:6.2f}" if cost.memory else ""
        processor = f"{cost.processor:8.2f}" if cost.processor else f"{'':8}"
        shown.append(f"{name:24} {cost.seconds:8.2f} {seconds:8.2f} {processor} {gigabytes}".rstrip())
        shown += [f"    missed: {text}" for text in missed]
    return "\n".join(shown)
