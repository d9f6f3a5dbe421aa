"""A dataset's figures as bar charts in one SVG: text stays text, so Japanese needs no font here."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10
from typing import Any

WIDTH, HEIGHT, GAP, COLUMNS = 360, 210, 24, 2
BARS = 24
INK, BAR, PAPER = "#333", "#3a7ca5", "#fff"

Bars = Sequence[tuple[str, float]]


def charts(figures: Mapping[str, Any]) -> str:
    """Return the SVG for figures as `statistics` returns them."""
    panels = [
        _panel("Captions per photo", _binned(figures["captions_per_photo"]["histogram"])),
        _panel("Stars (from … on)", [(f"{a:,}", n) for a, n in figures["stars"]["histogram"]], log=True),
        _panel("Characters per caption", _binned(figures["characters"]["histogram"])),
        _panel("Tokens per caption", _binned(figures["tokens"]["histogram"])),
        _panel("Captions by category", figures["categories"]["most_frequent"][:BARS]),
        _panel("Photos by label", figures["labels"]["most_frequent"][:BARS]),
        _panel("Vocabulary: % of tokens known", _coverage(figures["vocabulary"]["coverage"])),
        _panel("Duplicates", _duplicates(figures)),
        _panel(
            "Captions left out, by filter", [(k, n) for k, n in figures["filters"].items() if n], log=True
        ),
        *_scores(figures.get("scores", {})),
    ]
    rows = -(-len(panels) // COLUMNS)
    width, height = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + GAP
    places = [(at % COLUMNS * (WIDTH + GAP), at // COLUMNS * (HEIGHT + GAP)) for at in range(len(panels))]
    placed = "".join(
        f'<g transform="translate({GAP + x},{GAP + y})">{panel}</g>'
        for (x, y), panel in zip(places, panels, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="9" fill="{INK}"><rect width="{width}" height="{height}" fill="{PAPER}"/>{placed}</svg>\n'
    )


def _scores(scores: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a chart of each score; those of earlier versions have no histogram."""
    for name, one in scores.items():
        if bars := one.get("histogram"):
            yield _panel(f"{one['of'].capitalize()} by {name} (from … on)", [(f"{a:g}", n) for a, n in bars])


def _panel(title: str, bars: Bars, log: bool = False) -> str:
    """Return a chart of vertical bars, each with its label below and, if there are few, its value on top."""
    heading = f'<text y="10" font-size="12" font-weight="bold">{escape(title)}{" (log scale)" * log}</text>'
    if not bars:
        return heading + '<text y="40">none</text>'
    lengths = [log10(value + 1) if log else value for _, value in bars]
    most, step, base = max(lengths) or 1, WIDTH / len(bars), HEIGHT - 56
    parts = [heading]
    for at, ((name, value), length) in enumerate(zip(bars, lengths, strict=True)):
        x, tall = at * step, length / most * (base - 36)
        parts.append(
            f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}" '
            f'fill="{BAR}">'
            f"<title>{escape(name)}: {value:,}</title></rect>"
        )
        if len(bars) <= 10:
            parts.append(f'<text x="{x:.1f}" y="{base - tall - 3:.1f}">{value:,}</text>')
        label = name if len(name) <= 14 else name[:13] + "…"
        turned = f'transform="rotate(45 {x + 2:.1f} {base + 10})"'
        parts.append(f'<text x="{x + 2:.1f}" y="{base + 10}" {turned}>{escape(label)}</text>')
    return "".join(parts)


def _binned(histogram: Sequence[Sequence[int]]) -> Bars:
    """Return a histogram of whole numbers in at most about BARS bins of equal width, the last one open.

    The last hundredth of the values shares the last bin: one huge value would make all others one bar.
    """
    total, seen, end = sum(n for _, n in histogram), 0, 0
    for value, count in histogram:
        seen, end = seen + count, value
        if seen >= 0.99 * total:
            break
    width = max(1, -(-(end + 1) // BARS))
    bins: dict[int, int] = {}
    for value, count in histogram:
        start = min(value, end) // width * width
        bins[start] = bins.get(start, 0) + count
    last = max(bins, default=0)
    return [
        (f"{start}{'+' if start == last else ''}", bins.get(start, 0)) for start in range(0, last + 1, width)
    ]


def _duplicates(figures: Mapping[str, Any]) -> Bars:
    counts = {name: count for name, count in figures["duplicates"].items() if isinstance(count, int)}
    return [
        *((name.replace("_", " "), count) for name, count in counts.items()),
        ("captions left out", figures["filters"]["duplicate"]),
    ]


def _coverage(coverage: Mapping[str, float | None]) -> Bars:
    return [(split, round(100 * share, 2)) for split, share in coverage.items() if share is not None]
