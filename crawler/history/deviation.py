"""Tells where a run is not like the earlier ones, by median and MAD: a few odd ones change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from crawler.history.figures import Figure

LEAST_RUNS = 3
"""Earlier runs that have a figure, below which it is compared with nothing."""
LEAST_PAGES = 20
"""Pages that a figure of a stretch is of, at least."""
_SIGMA = 1.4826
"""The standard deviation of a normal distribution, in MADs."""
_SPREADS, _ERRORS = 5.0, 4.0
"""How many of them are still no deviation: of standard deviations among earlier runs, of standard errors."""
_FLOOR_OF_COUNTS = 0.3
"""The share of the median by which a number of boke may differ however alike earlier runs were."""
_FLOOR_OF_SHARES = 0.15
"""The same for a share, which is 0 to 1. A share that rises is no fault."""

WORDS = {
    "bokes_per_odai": "boke a page of an odai",
    "bokes_per_list": "boke a page of a list",
    "with_stars": "share of boke with stars",
    "with_raters": "share of boke with raters",
    "with_category": "share of boke with a category",
    "with_posted": "share of boke with a date",
    "with_photo": "share of boke with a photo",
}
"""The figures that are compared, in words. Labels come and go with the age of odai: they are only shown."""


@dataclass(frozen=True)
class Deviation:
    """One figure that is not like those of earlier runs."""

    name: str
    found: Figure
    usual: float
    runs: int

    def __str__(self) -> str:
        return (
            f"{WORDS[self.name]}: {self.found.value:.2f} on {self.found.pages:,} pages, where the median of "
            f"{self.runs} earlier runs is {self.usual:.2f}"
        )


def deviations(
    figures: Mapping[str, Figure], earlier: Sequence[Mapping[str, float | None]]
) -> list[Deviation]:
    """Return the figures of a stretch that deviate from those of the same stretch of earlier runs."""
    found = []
    for name in WORDS:
        usual = [value for run in earlier if (value := run[name]) is not None]
        figure = figures.get(name)
        if figure is None or figure.pages < LEAST_PAGES or len(usual) < LEAST_RUNS:
            continue
        if _deviates(name, figure, usual):
            found.append(Deviation(name, figure, median(usual), len(usual)))
    return found


def _deviates(name: str, figure: Figure, usual: Sequence[float]) -> bool:
    middle = median(usual)
    spread = _SIGMA * median(abs(value - middle) for value in usual)
    is_count = name.startswith("bokes_")
    floor = _FLOOR_OF_COUNTS * middle if is_count else _FLOOR_OF_SHARES
    allowed = max(_SPREADS * spread, _ERRORS * figure.error, floor)
    return (abs(figure.value - middle) if is_count else middle - figure.value) > allowed
