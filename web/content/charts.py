"""Charts as inline SVG: sharp at every size, coloured by the page's stylesheet, readable by screen readers.

Colours and font sizes are classes, since the content security policy allows no inline style: `s0` to `s5` for
series, `reference` for lines to compare with. A line chart carries its values for the page's script, which
shows those under a pointer.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Scale = Callable[[float], float]
"""From a value to its position in the drawing."""

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 104, 18, 30, 64
MAX_VALUE = 1e300
"""Numbers beyond are left out, like infinite ones: a damaged file may hold an integer too large for float."""


@dataclass(frozen=True)
class Series:
    """A line: its name, its points, the class that colours it, and that of its strokes.

    `strokes` is `dotted`, `dashed`, or empty for a solid line. `band` has (x, lowest y, highest y) of what
    the line is the mean of; it is filled in the line's colour. One without a name is the ground of another:
    drawn faint, and not told of.
    """

    name: str
    points: Sequence[tuple[float, float]]
    style: str = "s0"
    strokes: str = ""
    band: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram: its label, its count, the whole text for tooltips and screen readers, its link.

    The keyboard does not stop at it: a page has the same as a table, too.
    """

    label: str
    count: int
    title: str
    link: str = ""


def line_chart(
    series: Sequence[Series],
    references: Sequence[tuple[str, float]],
    x_label: str,
    y_label: str,
    title: str,
    *,
    log: bool = False,
) -> Markup:
    """Return a line chart with `references` as labelled horizontal lines.

    Infinite and NaN points are left out; a series of one point is drawn as a dot.

    Args:
        log: the y axis is logarithmic, and what is not positive is left out; else it starts at 0.
    """
    floor = 1 / MAX_VALUE if log else -MAX_VALUE
    shown = [
        [(x, y) for x, y in each.points if _is_drawable(x) and _is_drawable(y) and y > floor]
        for each in series
    ]
    bands = [
        [band for band in each.band if all(map(_is_drawable, band)) and band[1] > floor] for each in series
    ]
    references = [(name, value) for name, value in references if _is_drawable(value) and value > floor]
    points = [point for each in shown for point in each]
    points += [(x, y) for band in bands for x, *ends in band for y in ends]
    values = [y for _, y in points] + [y for _, y in references]
    ticks = _log_ticks(values) if log else _ticks(max(values, default=1.0) or 1.0)
    first = min([x for x, _ in points], default=0.0)
    last = max([x for x, _ in points] + [first + 1])
    across, up = _scale(first, last, LEFT, WIDTH - RIGHT), _up(ticks, log)
    parts = [_grid(ticks, up), _x_axis(first, last, across), _labels(x_label, y_label)]
    parts += _references(references, up)
    # Below all lines: a band must not cover one.
    for each, band in zip(series, bands, strict=True):
        parts.append(_band(each, [(across(x), up(low), up(high)) for x, low, high in band]))
    for each, kept in zip(series, shown, strict=True):
        parts.append(_line(each, [(across(x), up(y)) for x, y in kept], kept))
    return _svg(title, parts, _told(series, shown, (first, last)))


def histogram(bars: Sequence[Bar], x_label: str, y_label: str, title: str) -> Markup:
    """Return vertical bars from y = 0 up; at most 8 bars get a label, for want of room."""
    bars = [bar for bar in bars if _is_drawable(bar.count)]
    ticks = _ticks(max((bar.count for bar in bars), default=1) or 1)
    up = _scale(0, ticks[-1], HEIGHT - BOTTOM, TOP)
    # Few bars are kept narrow and in the middle: a bar as wide as the chart would look like a background.
    room = WIDTH - LEFT - RIGHT
    width = min(room / max(len(bars), 1), room / 6)
    start = LEFT + (room - width * len(bars)) / 2
    every = math.ceil(len(bars) / 8)
    description = Markup("<desc>{}</desc>").format("; ".join(bar.title for bar in bars))
    parts = [description, _grid(ticks, up), _labels(x_label, y_label)]
    for number, bar in enumerate(bars):
        x, y = start + number * width, up(bar.count)
        parts.append(_bar(bar, x + width * 0.06, y, width * 0.88))
        if number % every == 0:
            parts.append(_text(x + width / 2, HEIGHT - BOTTOM + 24, bar.label, "middle"))
    # An image has no parts for who listens to it: one that holds links is a group.
    return _svg(title, parts, role="group" if any(bar.link for bar in bars) else "img")


def _bar(bar: Bar, x: float, y: float, width: float) -> Markup:
    """Return a bar from y down; all the height above leads where it does, for who points at a low one."""
    floor = HEIGHT - BOTTOM
    drawn = Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>').format(
        x, y, width, floor - y, _title(bar.title)
    )
    if not bar.link:
        return drawn
    around = Markup('<rect class="reach" x="{:.1f}" y="{}" width="{:.1f}" height="{}">{}</rect>').format(
        x, TOP, width, floor - TOP, _title(bar.title)
    )
    link = Markup('<a href="{}" tabindex="-1" aria-label="{}">{}{}</a>')
    return link.format(bar.link, bar.title, around, drawn)


def _svg(title: str, parts: Iterable[Markup], told: Markup | None = None, role: str = "img") -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="{}" aria-label="{}"{}>{}</svg>').format(
        WIDTH, HEIGHT, role, title, told or "", Markup("").join(parts)
    )


def _told(
    series: Sequence[Series], shown: Sequence[Sequence[tuple[float, float]]], ends: tuple[float, float]
) -> Markup:
    """Return the attributes that tell the page's script what is drawn, and where x begins and ends."""
    curves = [
        {"name": each.name, "style": each.style, "points": [[x, float(f"{y:.4g}")] for x, y in points]}
        for each, points in zip(series, shown, strict=True)
        if each.name
    ]
    place = {"first": ends[0], "last": ends[1], "left": LEFT, "right": WIDTH - RIGHT}
    return Markup(' data-curves="{}" data-across="{}"').format(
        json.dumps(curves, ensure_ascii=False, separators=(",", ":")), json.dumps(place)
    )


def _is_drawable(value: float) -> bool:
    return -MAX_VALUE < value < MAX_VALUE


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    """Return the linear function that maps `low` to `start` and `high` to `end`."""
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _up(ticks: Sequence[float], log: bool) -> Scale:
    """Return where a value lies between the first tick, below, and the last."""
    if not log:
        return _scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    across = _scale(math.log(ticks[0]), math.log(ticks[-1]), HEIGHT - BOTTOM, TOP)
    return lambda value: across(math.log(value))


def _log_ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers from at most the lowest of `values` to at least the highest."""
    low, high = min(values, default=1.0), max(values, default=1.0)
    start, end = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 1.5, 2, 3, 4, 5, 6, 8) if end - start < 2 else (1, 2, 5) if end - start < 4 else (1,)
    exponents = [*range(start, end, max(1, (end - start) // 8)), end]  # more labels than that would overlap
    ticks = [factor * 10.0**exponent for exponent in exponents for factor in factors]
    first = max((tick for tick in ticks if tick <= low * (1 + 1e-9)), default=ticks[0])
    last = min((tick for tick in ticks if tick >= high * (1 - 1e-9) and tick > first), default=ticks[-1] * 10)
    return [tick for tick in ticks if first <= tick < last] + [last]


def _ticks(highest: float, count: int = 5) -> list[float]:
    """Return round numbers from 0 to at least `highest`, `count` steps or one more."""
    highest = max(highest, 1e-12)  # log10 needs a positive number
    # The tolerances keep a rounding error from adding a step.
    step = 10 ** math.floor(math.log10(highest / count))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if factor * step * count >= highest * 0.999)
    return [number * step for number in range(math.ceil(highest / step - 1e-6) + 1)]


def _grid(ticks: Sequence[float], up: Scale) -> Markup:
    lines = [
        Markup('<path class="grid" d="M{} {:.1f}H{}"/>').format(LEFT, up(tick), WIDTH - RIGHT)
        + _text(LEFT - 8, up(tick) + 5, f"{tick:,.10g}", "end")
        for tick in ticks
    ]
    return Markup("").join(lines)


def _x_axis(first: float, last: float, across: Scale) -> Markup:
    step = max(1, math.ceil((last - first) / 8))
    epochs = range(math.ceil(first), math.floor(last) + 1, step)
    return Markup("").join(_text(across(x), HEIGHT - BOTTOM + 24, f"{x:,}", "middle") for x in epochs)


def _labels(x_label: str, y_label: str) -> Markup:
    return _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label, "middle", "axis") + Markup(
        '<text class="axis" transform="translate(20 {:.0f}) rotate(-90)" text-anchor="middle">{}</text>'
    ).format((TOP + HEIGHT - BOTTOM) / 2, y_label)


def _references(references: Sequence[tuple[str, float]], up: Scale) -> Iterable[Markup]:
    last_label = float("inf")
    for number, (name, value) in enumerate(sorted(references, key=lambda reference: reference[1])):
        y = up(value)
        # Curves end near the lowest line, and would cover a label above it.
        below = number == 0 and y + 28 < HEIGHT - BOTTOM
        place = y + 22 if below else min(y - 6, last_label - 23)  # 23 units keep labels from overlapping
        last_label = y if below else place
        yield Markup('<path class="reference" d="M{} {:.1f}H{}"/>').format(LEFT, y, WIDTH - RIGHT)
        yield _text(WIDTH - RIGHT - 4, place, f"{name}  {value:.2f}", "end", "reference-label")


def _band(series: Series, positions: Sequence[tuple[float, float, float]]) -> Markup:
    """Return the area between the lowest and the highest positions (x, low, high); nothing for one alone."""
    if len(positions) < 2:
        return Markup("")
    edge = [(x, high) for x, _, high in positions] + [(x, low) for x, low, _ in reversed(positions)]
    outline = "L".join(f"{x:.1f} {y:.1f}" for x, y in edge)
    return Markup('<path class="band {}" d="M{}Z"/>').format(series.style, outline)


def _line(
    series: Series, positions: Sequence[tuple[float, float]], points: Sequence[tuple[float, float]]
) -> Markup:
    style = f"{series.style} {series.strokes}".rstrip() + ("" if series.name else " faint")
    # A path needs two points; a single one shows as a dot.
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in positions) if len(positions) > 1 else ""
    line = Markup('<path class="line {}" d="{}"/>').format(style, path) if path else Markup("")
    dots = [
        Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3.5">{}</circle>').format(
            style, x, y, _title(f"{series.name}, {point[0]:,.0f}: {point[1]:.3f}")
        )
        for (x, y), point in zip(positions, points, strict=True)
        if len(positions) <= 60 and series.name  # more dots would hide the line
    ]
    return line + Markup("").join(dots)


def _text(x: float, y: float, text: str, anchor: str, style: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        style, x, y, anchor, escape(text)
    )


def _title(text: str) -> Markup:
    return Markup("<title>{}</title>").format(text)
