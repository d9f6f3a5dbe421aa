"""Figures of a dataset: how much there is, how it is spread, and what each filter took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset import filters
from dataset.options import DatasetOptions
from dataset.read import SPLITS
from dataset.vocabulary import SPECIALS, Vocabulary

MOST_FREQUENT = 50
STAR_BINS = (0, 1, 10, 100, 1_000, 10_000, 100_000)
"""Where each bin of the histogram of stars begins: nobody, then by powers of ten."""

SPREAD = """{{'mean': avg({0}), 'min': min({0}), 'median': quantile_disc({0}, 0.5),
    'p90': quantile_disc({0}, 0.9), 'p99': quantile_disc({0}, 0.99), 'max': max({0})}}"""


class Counted:
    """What is counted while photos are written: `photos` of them, and `tokens` by split.

    Makes the tables `measured_caption` (n, split, stars, category, characters, tokens) and `measured_photo`
    (split, group, labels, odai).
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.photos = 0
        self.tokens: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        for table, schema in (("measured_caption", _CAPTION), ("measured_photo", _PHOTO)):
            connection.from_arrow(schema.empty_table()).create(table)

    def add(self, photos: pa.Table) -> None:
        """Count photos, with n, split, and all columns of PHOTOS but image."""
        self.photos += photos.num_rows
        odai = pc.list_value_length(photos["odai_ids"])
        self._insert("measured_photo", [photos["split"], photos["group"], photos["labels"], odai], _PHOTO)
        lists = photos["captions"].combine_chunks()
        of = photos.select(["n", "split"]).take(pc.list_parent_indices(lists))
        captions = lists.flatten()
        tokens = captions.field("tokens")
        characters = pc.utf8_length(captions.field("text_nfkc"))
        columns = [of["n"], of["split"], captions.field("stars"), captions.field("category"), characters]
        self._insert("measured_caption", [*columns, pc.list_value_length(tokens)], _CAPTION)
        for split, counts in self.tokens.items():
            found = tokens.filter(pc.equal(of["split"], split).combine_chunks()).flatten().value_counts()
            words, times = (found.field(name).to_pylist() for name in ("values", "counts"))
            counts.update(dict(zip(words, times, strict=True)))

    def add_lost(self, photos: pa.Table) -> None:
        """Count photos without bytes as taken."""
        captions = pc.sum(pc.list_value_length(photos["captions"])).as_py()
        if captions:
            self._connection.execute("INSERT INTO taken_by VALUES ('no_photo', ?)", [captions])

    def _insert(self, table: str, columns: Sequence[pa.ChunkedArray], schema: pa.Schema) -> None:
        cast = [column.cast(kind) for column, kind in zip(columns, schema.types, strict=True)]
        self._connection.from_arrow(pa.table(cast, schema=schema)).insert_into(table)


_CAPTION = pa.schema(
    [
        ("n", pa.int64()),
        ("split", pa.string()),
        ("stars", pa.int64()),
        ("category", pa.string()),
        ("characters", pa.int64()),
        ("tokens", pa.int64()),
    ]
)
_PHOTO = pa.schema(
    [("split", pa.string()), ("group", pa.string()), ("labels", pa.list_(pa.string())), ("odai", pa.int64())]
)


def statistics(
    connection: duckdb.DuckDBPyConnection, tokens: Mapping[str, Counter[str]], vocabulary: Vocabulary
) -> dict[str, object]:
    """Return statistics.json: figures of what was `Counted`, and of `taken_by`."""
    return {
        "splits": _splits(connection),
        "captions_per_photo": _spread(connection, "captions", _PER_PHOTO),
        "stars": _stars(connection),
        "characters": _spread(connection, "characters", "measured_caption"),
        "tokens": _spread(connection, "tokens", "measured_caption"),
        "categories": _frequent(connection, "SELECT category AS value FROM measured_caption"),
        "labels": _frequent(connection, "SELECT unnest(labels) AS value FROM measured_photo"),
        "vocabulary": _vocabulary(tokens, vocabulary),
        "duplicates": _duplicates(connection),
        "filters": _filters(connection),
    }


_PER_PHOTO = "(SELECT count(*) AS captions FROM measured_caption GROUP BY n)"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(query).fetchall()]


def _splits(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    rows = _rows(
        connection,
        """SELECT split, any_value(photos), any_value("groups"), count(*), sum(tokens)::BIGINT
        FROM measured_caption JOIN (SELECT split, count(*) AS photos, count(DISTINCT "group") AS "groups"
                            FROM measured_photo GROUP BY split) USING (split)
        GROUP BY split""",
    )
    names = ("photos", "groups", "captions", "tokens")
    found = {split: dict(zip(names, figures, strict=True)) for split, *figures in rows}
    return {split: found.get(split, dict.fromkeys(names, 0)) for split in ("train", "dev")}


def _spread(connection: duckdb.DuckDBPyConnection, column: str, source: str) -> dict[str, object]:
    [(spread,)] = _rows(connection, f"SELECT {SPREAD.format(column)} FROM {source}")
    bins = _rows(connection, f"SELECT {column}, count(*) FROM {source} GROUP BY 1 ORDER BY 1")
    return {**spread, "histogram": [list(row) for row in bins]}


def _stars(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    source = "(SELECT coalesce(stars, 0) AS stars FROM measured_caption)"
    [(spread,)] = _rows(connection, f"SELECT {SPREAD.format('stars')} FROM {source}")
    starts = f"{list(STAR_BINS)}::BIGINT[]"
    bins = dict(
        _rows(
            connection,
            f"""SELECT list_max(list_filter({starts}, lambda bin: bin <= greatest(stars, 0))), count(*)
            FROM {source} GROUP BY 1""",
        )
    )
    return {**spread, "histogram": [[start, bins.get(start, 0)] for start in STAR_BINS]}


def _frequent(connection: duckdb.DuckDBPyConnection, values: str) -> dict[str, object]:
    rows = _rows(connection, f"SELECT value, count(*) AS n FROM ({values}) GROUP BY 1 ORDER BY n DESC, 1")
    named = [(value, count) for value, count in rows if value is not None]
    return {
        "distinct": len(named),
        "none": sum(count for value, count in rows if value is None),
        "most_frequent": [list(row) for row in named[:MOST_FREQUENT]],
    }


def _vocabulary(tokens: Mapping[str, Counter[str]], vocabulary: Vocabulary) -> dict[str, object]:
    """Return the vocabulary's size, and for each split the share of tokens that are <UNK> in it."""
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
    [(groups, photos)] = _rows(
        connection,
        """SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM (
            SELECT count(*) AS n FROM measured_photo GROUP BY "group" HAVING count(*) > 1)""",
    )
    [(shared,)] = _rows(connection, "SELECT count(*) FROM measured_photo WHERE odai > 1")
    return {"groups_of_near_duplicates": groups, "photos_in_them": photos, "photos_of_several_odai": shared}


def _filters(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return the captions that each filter took, in the order in which the filters are asked."""
    options = DatasetOptions()
    names = [*filters.by_fact(options), *filters.by_text(options, ()), *filters.BY_PHOTO]
    taken = dict(_rows(connection, "SELECT reason, sum(captions)::BIGINT FROM taken_by GROUP BY reason"))
    return {name: taken.get(name, 0) for name in names}
