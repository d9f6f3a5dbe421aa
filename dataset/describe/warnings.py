"""Warns where near copies weigh too much in a dataset, or where the split is off what was asked."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

LARGE = 0.01
"""A group of near copies with more than this share of all photos is large; a pair never is."""
_OFF, _DEVIATIONS = 0.01, 3
"""The split is off where dev is further from what was asked than this share of all photos, and than so many
standard deviations of a draw that puts each photo into dev by itself."""


def warnings(figures: Mapping[str, Any]) -> list[str]:
    """Return what is to be warned of in the figures of a dataset, as statistics.json has them."""
    return [*_of_groups(figures), *_of_empty_splits(figures), *_of_split(figures)]


def _photos(figures: Mapping[str, Any]) -> dict[str, int]:
    return {split: counts["photos"] for split, counts in figures["splits"].items()}


def _of_groups(figures: Mapping[str, Any]) -> Iterator[str]:
    groups, photos = figures["duplicates"].get("large_groups"), sum(_photos(figures).values())
    if not groups:  # those of earlier versions have none
        return
    name, largest = groups[0]
    one = len(groups) == 1
    which = "1 group of near copies has" if one else f"{len(groups)} groups of near copies have"
    size = f"{largest:,} photos ({largest / photos:.1%})"
    yield (
        f"{which} more than {LARGE:.0%} of the photos{': ' if one else ' each, the largest '}{size}. "
        f"""Look at them: SELECT sha256 FROM 'data/*.parquet' WHERE "group" = '{name}'"""
    )


def _of_empty_splits(figures: Mapping[str, Any]) -> Iterator[str]:
    if _photos(figures).get("dev") == 0:  # where it is not there at all, an earlier version wrote the figures
        yield (
            "dev has no photos, so nothing says how a model does on photos that it has not seen, and its "
            "last epoch is kept, not the best. Take more photos, or a larger dataset.dev_fraction"
        )


def _of_split(figures: Mapping[str, Any]) -> Iterator[str]:
    shares, photos = figures.get("dev_share") or {}, sum(_photos(figures).values())
    asked, got = shares.get("asked"), shares.get("got")
    if asked is None or got is None or not got:
        return
    chance = _DEVIATIONS * math.sqrt(asked * (1 - asked) / photos)
    if abs(got - asked) > max(_OFF, chance):
        yield (
            f"dev has {got:.1%} of the photos, where dataset.dev_fraction asks for {asked:.1%}. Near copies "
            "go together, and photos stay where builds put them; another dataset.split_key draws a new split"
        )
