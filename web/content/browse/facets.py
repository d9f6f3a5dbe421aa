"""Facets: how many of the photos that are found have each split, category and label, and where that leads.

Counts are those under the filter that is set, as in datasette, but for the facet's own field: a link puts
another name into that, and finds what it counts. What is chosen can be taken back.

P photos.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from web.content.browse.filter import Filter, select
from web.content.catalogue import Catalogue
from web.content.kinds import Kinds

MOST = 12
"""Names of a facet that are shown; the form has more."""


@dataclass(frozen=True)
class Value:
    """A name, how many of the photos have it, and whether the filter asks for it."""

    name: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """One kind of names.

    Args:
        field: the filter's field for it.
        more: how many names are not shown.
    """

    field: str
    values: list[Value]
    more: int


def facets(catalogue: Catalogue, wanted: Filter) -> list[Facet]:
    """Return the facets of the photos that pass a filter."""
    others = replace(wanted, split=None), replace(wanted, category=None), replace(wanted, label=None)
    of_any_split, of_any_category, of_any_label = (select(catalogue, other).photos for other in others)
    splits = {split: int((of_any_split & catalogue.of_split(split)).sum()) for split in ("train", "dev")}
    return [
        _facet("split", Counter({name: count for name, count in splits.items() if count}), wanted.split),
        _facet("category", categories(catalogue).counts(of_any_category), wanted.category),
        _facet("label", catalogue.label_kinds.counts(of_any_label), wanted.label),
    ]


def categories(catalogue: Catalogue) -> Kinds:
    """Return which photos have which categories: their own, and those of their captions that are shown."""

    def make() -> Kinds:
        owners = np.repeat(np.arange(len(catalogue)), np.diff(catalogue.offsets))[~catalogue.hidden]
        captions = catalogue.captions["category"].filter(pa.array(~catalogue.hidden))
        return Kinds.of([(np.arange(len(catalogue)), catalogue.photos["category"]), (owners, captions)])

    return catalogue.derived.get("categories", None, make)


def caption_categories(catalogue: Catalogue) -> Kinds:
    """Return which captions have which category."""

    def make() -> Kinds:
        captions = catalogue.captions["category"]
        return Kinds.of([(np.arange(len(captions)), captions)])

    return catalogue.derived.get("caption categories", None, make)


def _facet(field: str, counts: Counter[str], chosen: str | None) -> Facet:
    # Of equal counts the name decides, so that a view looks the same each time.
    ordered = sorted(counts.items(), key=lambda pair: (pair[0] != chosen, -pair[1], pair[0]))
    values = [Value(name, count, name == chosen) for name, count in ordered[:MOST]]
    return Facet(field, values, max(0, len(ordered) - MOST))
