"""The dataset's statistics as figures and charts."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from dataset.scores.figures import Of
from store.errors import DamagedFile
from store.place import Place
from store.whole_file import read_object
from web.content.browse.columns import columns
from web.content.browse.facets import caption_categories
from web.content.browse.filter import Filter, Selection, select
from web.content.browse.order import SCORE
from web.content.catalogue import Catalogue, counted
from web.content.charts import Bar, histogram
from web.content.shown.hidden import Hidden
from web.languages import Translator

Lead = Callable[[Mapping[str, object]], str]
"""Returns the address of the photos that fields of a filter ask for, beside what is asked for already."""


class Chart(NamedTuple):
    """A histogram of photos or captions, and the same as rows: a bar's range, its count, where it leads."""

    title: str
    of: Of
    unit: str
    drawing: Markup
    rows: list[tuple[str, int, str]]


def shown(
    catalogue: Catalogue,
    place: Place,
    translator: Translator,
    selection: Selection | None = None,
    leads: Lead = lambda fields: "",
) -> dict[str, Any]:
    """Return what the Statistics page shows: of all photos, or of those that are selected."""
    found = selection or select(catalogue, Filter())
    return {
        "figures": figures(catalogue, place, selection),
        "charts": list(charts(catalogue, found, translator, leads)),
        "caption_categories": caption_categories(catalogue).counts(found.captions).most_common(20),
        "photo_categories": counted(catalogue.photos["category"], found.photos).most_common(20),
        "labels": catalogue.label_kinds.counts(found.photos).most_common(20),
        "tokens": [] if selection else tokens(place, 20, catalogue.rule),
        "hidden": int(catalogue.hidden.sum()),
        "leads": leads,
    }


def figures(catalogue: Catalogue, place: Place, selection: Selection | None = None) -> dict[str, int]:
    """Return the numbers of photos and captions, of all or of those that are selected, and of words."""
    if selection is None:
        counts = [(split, photos, captions) for split, photos, captions in catalogue.splits()]
    else:
        before = np.concatenate([[0], np.cumsum(selection.captions)])
        of_photos = np.diff(before[catalogue.offsets])
        counts = [
            (split, int((inside & selection.photos).sum()), int(of_photos[inside].sum()))
            for split in ("train", "dev")
            for inside in [catalogue.of_split(split)]
        ]
    found = {
        "photos": sum(photos for _, photos, _ in counts),
        "captions": sum(captions for _, _, captions in counts),
    }
    for split, photos, captions in counts:
        found |= {f"{split} photos": photos, f"{split} captions": captions}
    return found if selection else {**found, "words in the vocabulary": len(_vocabulary(place)[0])}


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


def charts(catalogue: Catalogue, found: Selection, _: Translator, leads: Lead) -> Iterator[Chart]:
    """Yield the chart of each column of the dataset, of what is found."""
    titles = {
        "captions": (_("Captions per photo"), _("captions")),
        "stars": (_("Stars of the captions"), _("stars")),
        "length": (_("Length of the captions"), _("characters")),
        "posted": (_("Days on which captions were posted"), _("day")),
        "best": (_("Stars of each photo's best caption"), _("stars")),
    }
    for name, column in columns(catalogue):
        own = name.removeprefix(SCORE)
        title, x_label = titles.get(name) or (_("Score {name}", name=own), own)
        counts, unit = column.counts(found.photos if column.of == "photos" else found.captions), _(column.of)
        if not column.bins:
            continue
        rows = [
            (each.ends, count, leads(each.query) if each.query and count else "")
            for each, count in zip(column.bins, counts, strict=True)
        ]
        bars = [
            Bar(each.label, count, f"{ends}: {count:,} {unit}", link)
            for each, (ends, count, link) in zip(column.bins, rows, strict=True)
        ]
        yield Chart(title, column.of, x_label, histogram(bars, x_label, unit, title), rows)
