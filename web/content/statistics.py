"""The dataset's statistics as figures and charts."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dataset.scores.figures import histogram as score_bins
from store.errors import DamagedFile
from store.place import Place
from store.whole_file import read_object
from web.content.catalogue import Catalogue
from web.content.charts import Bar, histogram
from web.content.shown.hidden import Hidden
from web.languages import Translator


def shown(catalogue: Catalogue, place: Place, translator: Translator) -> dict[str, Any]:
    """Return what the Statistics page shows, but for where its names lead."""
    return {
        "figures": figures(catalogue, place),
        "charts": charts(catalogue, translator),
        "caption_categories": catalogue.caption_categories.most_common(20),
        "photo_categories": catalogue.photo_categories.most_common(20),
        "labels": catalogue.labels.most_common(20),
        "tokens": tokens(place, 20, catalogue.rule),
        "hidden": int(catalogue.hidden.sum()),
    }


def figures(catalogue: Catalogue, place: Place) -> dict[str, int]:
    """Return the numbers of photos, captions and words."""
    counts = {
        f"{split} {what}": count
        for split, photos, captions in catalogue.splits()
        for what, count in (("photos", photos), ("captions", captions))
    }
    return {
        "photos": len(catalogue),
        "captions": len(catalogue.captions),
        **counts,
        "words in the vocabulary": len(_vocabulary(place)[0]),
    }


def tokens(place: Place, limit: int, rule: Hidden) -> list[tuple[str, int]]:
    """Return the most frequent words of train that are shown, with their counts."""
    words, counts = _vocabulary(place)
    pairs = sorted(zip(words, counts, strict=False), key=lambda pair: -pair[1])
    return list(islice(((word, count) for word, count in pairs if count and not rule.hides(word)), limit))


def _vocabulary(place: Place) -> tuple[list[str], list[int]]:
    try:
        content = read_object(place.dataset / "vocabulary.json")
        # The first four tokens are special: <PAD>, <UNK>, <BOS>, <EOS>.
        return list(content["tokens"])[4:], list(content.get("counts") or [])[4:]
    except (OSError, DamagedFile, KeyError, TypeError):
        return [], []


def charts(catalogue: Catalogue, _: Translator) -> Iterator[tuple[str, Markup]]:
    """Yield title and chart of each distribution."""
    photos, captions = _("photos"), _("captions")
    title = _("Captions per photo")
    yield title, histogram(_counted(np.diff(catalogue.offsets), photos), _("captions"), photos, title)
    title = _("Stars of the captions")
    yield title, histogram(_by_magnitude(catalogue.stars, captions), _("stars"), captions, title)
    title = _("Length of the captions")
    yield title, histogram(_counted(catalogue.lengths, captions), _("characters"), captions, title)
    title = _("Stars of each photo's best caption")
    yield title, histogram(_by_magnitude(_best(catalogue), photos), _("stars"), photos, title)
    for name, score in catalogue.scores.items():
        title = _("Score {name}", name=name)
        unit = _(score.of)
        yield title, histogram(_of_score(score.values, unit), name, unit, title)


def _of_score(values: NDArray[np.float32], unit: str) -> list[Bar]:
    """Return bars as statistics.json has them of a score, of those that have it."""
    bins = score_bins(values)
    ends = [f"–{start:g}" for start, _ in bins[1:]]
    if bins:
        ends.append(f"–{values[np.isfinite(values)].max():g}" if ends else "")
    return [
        Bar(f"{low:.3g}", int(count), f"{low:g}{end}: {int(count):,} {unit}")
        for (low, count), end in zip(bins, ends, strict=True)
    ]


def _best(catalogue: Catalogue) -> NDArray[np.int64]:
    """Return the stars of each photo's best caption, (P,); 0 where it has none."""
    best = np.zeros(len(catalogue), np.int64)
    having = np.diff(catalogue.offsets) > 0
    if having.any():  # between the starts of two photos that have captions lie those of the first
        best[having] = np.maximum.reduceat(catalogue.stars, catalogue.offsets[:-1][having])
    return np.maximum(best, 0)


def _counted(values: NDArray[np.integer[Any]], unit: str, limit: int = 30) -> list[Bar]:
    """Return bars of equal width, at most `limit` of them."""
    # Bars are whole numbers wide, so that each stands for the same number of values.
    highest = int(values.max(initial=0))
    step = max(1, -(-(highest + 1) // limit))
    counts = np.bincount(values // step, minlength=highest // step + 1)
    start = next((number for number, count in enumerate(counts) if count), 0)
    return [
        _bar(number * step, number * step + step - 1, int(count), unit)
        for number, count in enumerate(counts)
        if number >= start
    ]


def _by_magnitude(values: NDArray[np.int64], unit: str) -> list[Bar]:
    """Return bars whose widths grow: 0, 1, 2–3, 4–9, 10–31, 32–99, 100–…"""
    # Half a power of ten each: stars span five orders of magnitude.
    bounds = [0, 1, 2, 4, 10, 32]
    while bounds[-1] <= int(values.max(initial=0)):
        bounds.append(bounds[-2] * 10)
    counts, _ = np.histogram(values, bounds)
    return [
        _bar(low, high - 1, int(count), unit)
        for low, high, count in zip(bounds, bounds[1:], counts, strict=False)
    ]


def _bar(low: int, high: int, count: int, unit: str) -> Bar:
    label = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    return Bar(_short(low), count, f"{label}: {count:,} {unit}")


def _short(value: int) -> str:
    return f"{value // 1000:,}k" if value >= 1000 else str(value)
