"""Figures of a dataset: counts, distributions, and what each filter left out; written to statistics.json."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import filters
from dataset.build.photos_table import by_split
from dataset.describe.warnings import LARGE
from dataset.options import DatasetOptions
from dataset.read import SPLITS
from dataset.scores.figures import ScoreCounts
from dataset.text.vocabulary import SPECIALS, Vocabulary

MOST_FREQUENT = 50
STAR_BINS = (0, 1, 10, 100, 1_000, 10_000, 100_000)
"""Where each bin of the histogram of stars begins: none, then by powers of ten."""


ORIGIN = ("source", "licence")
Origin = tuple[str | None, str | None]


class DatasetCounts:
    """Counts while photos are written: how often each value occurs, and each token by split.

    Photos go to the table `measured_photo` (split, group, labels, odai) in DuckDB, which may outgrow memory;
    values of captions repeat, so their counts fit in it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.photos = 0
        self.captions = dict.fromkeys(SPLITS, 0)
        self.tokens: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        self.per_photo: Counter[int] = Counter()
        self.stars: Counter[int] = Counter()
        self.characters: Counter[int] = Counter()
        self.lengths: Counter[int] = Counter()
        self.categories: Counter[str | None] = Counter()
        self.origins: dict[str, Counter[Origin]] = {"photos": Counter(), "captions": Counter()}
        self.credits: Counter[str | None] = Counter()
        self.scores = ScoreCounts()
        connection.from_arrow(_PHOTO.empty_table()).create("measured_photo")

    def add(self, photos: pa.Table) -> None:
        """Count photos: a table with train before dev, split, and the columns of PHOTOS but image."""
        self.photos += photos.num_rows
        odai = pc.list_value_length(photos["odai_ids"])
        columns = [photos["split"], photos["group"], photos["labels"], odai.cast(pa.int64())]
        self._connection.from_arrow(pa.table(columns, _PHOTO)).insert_into("measured_photo")
        _count(self.credits, photos["credit"])
        _count_origins(self.origins["photos"], photos.select(ORIGIN))
        self.scores.add("photos", photos["scores"].combine_chunks())
        for split, half in by_split(photos).items():
            lists = half["captions"].combine_chunks()
            captions = lists.flatten()
            tokens = captions.field("tokens")
            self.captions[split] += len(captions)
            _count(self.tokens[split], tokens.flatten())
            _count(self.per_photo, pc.list_value_length(lists))
            _count(self.stars, pc.fill_null(captions.field("stars"), 0))
            _count(self.characters, pc.utf8_length(captions.field("text_nfkc")))
            _count(self.lengths, pc.list_value_length(tokens))
            _count(self.categories, captions.field("category"))
            origins = pa.table({name: captions.field(name) for name in ORIGIN})
            _count_origins(self.origins["captions"], origins)
            self.scores.add("captions", captions.field("scores"))

    def add_without_bytes(self, photos: pa.Table) -> None:
        """Count the captions of photos without bytes as left out by `no_photo`."""
        captions = pc.sum(pc.list_value_length(photos["captions"])).as_py()
        if captions:
            self._connection.execute("INSERT INTO left_out_by VALUES ('no_photo', ?)", [captions])


_PHOTO = pa.schema(
    [("split", pa.string()), ("group", pa.string()), ("labels", pa.list_(pa.string())), ("odai", pa.int64())]
)


def _count(counts: Counter[Any], values: pa.Array) -> None:
    seen = values.value_counts()
    counts.update(dict(zip(*(seen.field(name).to_pylist() for name in ("values", "counts")), strict=True)))


def _count_origins(counts: Counter[Origin], rows: pa.Table) -> None:
    for row in rows.group_by(list(ORIGIN)).aggregate([([], "count_all")]).to_pylist():
        counts[row["source"], row["licence"]] += row["count_all"]


def asked_share(settings: Mapping[str, Any]) -> float | None:
    """Return the share of dev that a dataset's settings ask for; None where they name odai that are in it."""
    share = settings.get("dev_fraction")
    return None if settings.get("dev_odai") or share is None else float(share)


def statistics(
    connection: duckdb.DuckDBPyConnection,
    count: DatasetCounts,
    vocabulary: Vocabulary,
    dev_fraction: float | None,
) -> dict[str, object]:
    """Return the content of statistics.json, from the counts and from the table `left_out_by`.

    Args:
        dev_fraction: the share of dev that was asked for; None where nothing tells.
    """
    labels = _rows(
        connection,
        "SELECT label, count(*) FROM (SELECT unnest(labels) AS label FROM measured_photo) GROUP BY 1",
    )
    splits = _splits(connection, count)
    return {
        "splits": splits,
        "dev_share": {"asked": dev_fraction, "got": splits["dev"]["photos"] / count.photos},
        "captions_per_photo": {**spread(count.per_photo), "histogram": _histogram(count.per_photo)},
        "stars": stars(count.stars),
        "characters": {**spread(count.characters), "histogram": _histogram(count.characters)},
        "tokens": {**spread(count.lengths), "histogram": _histogram(count.lengths)},
        "categories": _frequent(count.categories),
        "origins": {what: _origins(counts) for what, counts in count.origins.items()},
        "credits": _frequent(count.credits),
        "labels": _frequent(Counter(dict(labels))),
        "scores": count.scores.figures({"photos": count.photos, "captions": sum(count.captions.values())}),
        "vocabulary": _vocabulary(count.tokens, vocabulary),
        "duplicates": _duplicates(connection),
        "filters": _filters(connection),
    }


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(query).fetchall()]


def _splits(connection: duckdb.DuckDBPyConnection, count: DatasetCounts) -> dict[str, dict[str, int]]:
    query = """SELECT split, count(*), count(DISTINCT "group") FROM measured_photo GROUP BY split"""
    found = {split: figures for split, *figures in _rows(connection, query)}
    splits: dict[str, dict[str, int]] = {}
    for split, captions in count.captions.items():
        photos, groups = found.get(split, (0, 0))
        tokens = count.tokens[split].total()
        splits[split] = {"photos": photos, "groups": groups, "captions": captions, "tokens": tokens}
    return splits


def spread(counts: Counter[int]) -> dict[str, float]:
    """Return mean, least, median, 90th and 99th percentile and greatest of numbers, by their counts."""
    # By counts, not by values: a dataset may have a hundred million captions.
    values, times = (np.array(column) for column in zip(*sorted(counts.items()), strict=True))
    ends = np.cumsum(times)
    total = int(ends[-1])

    def quantile(share: float) -> int:
        """Return the least value that at least this share of all numbers does not exceed."""
        return int(values[np.searchsorted(ends, max(math.ceil(share * total), 1))])

    parts = {"median": quantile(0.5), "p90": quantile(0.9), "p99": quantile(0.99)}
    mean = sum(value * number for value, number in counts.items()) / total
    return {"mean": mean, "min": int(values[0]), **parts, "max": int(values[-1])}


def _histogram(counts: Counter[int]) -> list[list[int]]:
    return [[value, number] for value, number in sorted(counts.items())]


def stars(counts: Counter[int]) -> dict[str, object]:
    """Return the spread of stars, and a histogram of them in STAR_BINS."""
    bins = dict.fromkeys(STAR_BINS, 0)
    for value, number in counts.items():
        bins[STAR_BINS[bisect_right(STAR_BINS, max(value, 0)) - 1]] += number
    return {**spread(counts), "histogram": [[start, number] for start, number in bins.items()]}


def _frequent(counts: Counter[Any]) -> dict[str, object]:
    named = sorted(
        ((value, n) for value, n in counts.items() if value is not None), key=lambda one: (-one[1], one[0])
    )
    return {
        "distinct": len(named),
        "none": counts[None],
        "most_frequent": [[value, number] for value, number in named[:MOST_FREQUENT]],
    }


def _origins(counts: Counter[Origin]) -> list[list[str | int | None]]:
    """Return source, licence and number, the greatest number first."""
    rows = sorted(counts.items(), key=lambda one: (-one[1], tuple(part or "" for part in one[0])))
    return [[source, licence, number] for (source, licence), number in rows]


def _vocabulary(tokens: Mapping[str, Counter[str]], vocabulary: Vocabulary) -> dict[str, object]:
    """Return the vocabulary's size, and for each split the shares of tokens that it lacks and has."""
    known = set(vocabulary.tokens[len(SPECIALS) :])
    distinct = {split: len(counts) for split, counts in tokens.items()}
    total = {split: counts.total() for split, counts in tokens.items()}
    unknown = {
        split: sum(count for token, count in counts.items() if token not in known)
        for split, counts in tokens.items()
    }
    rates = {split: unknown[split] / total[split] if total[split] else None for split in total}
    return {
        "size": len(vocabulary),
        "distinct_tokens": distinct,
        "unknown_rate": rates,
        "coverage": {split: None if rate is None else 1 - rate for split, rate in rates.items()},
    }


def _duplicates(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    sizes = """SELECT "group", count(*) AS n FROM measured_photo GROUP BY "group" HAVING n > 1"""
    [(groups, photos, largest)] = _rows(
        connection,
        f"SELECT count(*), coalesce(sum(n), 0)::BIGINT, coalesce(max(n), 1) FROM ({sizes})",
    )
    large = f"""FROM ({sizes}) WHERE n > 2 AND n > {LARGE} * (SELECT count(*) FROM measured_photo)
        ORDER BY n DESC, "group" """
    [(shared,)] = _rows(connection, "SELECT count(*) FROM measured_photo WHERE odai > 1")
    return {
        "groups_of_near_duplicates": groups,
        "photos_in_them": photos,
        "photos_of_several_odai": shared,
        "largest_group": largest,
        "large_groups": [list(row) for row in _rows(connection, large)],
    }


def _filters(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return how many captions each filter left out, in the order in which filters are applied."""
    options = DatasetOptions()
    names = [*filters.by_fact(options), *filters.by_text(options, ()), *filters.BY_PHOTO]
    left_out = dict(
        _rows(connection, "SELECT reason, sum(captions)::BIGINT FROM left_out_by GROUP BY reason")
    )
    counts = {name: left_out.pop(name, 0) for name in names}
    return counts | dict(sorted(left_out.items()))  # the rest are filters of other people's code
