"""Figures of a dataset: how much there is, how it is spread, and what each filter took."""

from typing import Any

import duckdb

from dataset import filters
from dataset.options import DatasetOptions
from dataset.vocabulary import SPECIALS, Vocabulary

MOST_FREQUENT = 50
STAR_BINS = (0, 1, 10, 100, 1_000, 10_000, 100_000)
"""Where each bin of the histogram of stars begins: nobody, then by powers of ten."""

SPREAD = """{{'mean': avg({0}), 'min': min({0}), 'median': quantile_disc({0}, 0.5),
    'p90': quantile_disc({0}, 0.9), 'p99': quantile_disc({0}, 0.99), 'max': max({0})}}"""


def statistics(connection: duckdb.DuckDBPyConnection, vocabulary: Vocabulary) -> dict[str, object]:
    """Return statistics.json: figures of `kept_photo`, `kept_caption`, `token` and `taken_by`."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE measured AS
        SELECT n, split, stars, kept_caption.category AS category, length(text_nfkc) AS characters,
            len(tokens) AS tokens
        FROM kept_caption JOIN (SELECT n, split FROM kept_photo) USING (n)""")
    return {
        "splits": _splits(connection),
        "captions_per_photo": _spread(connection, "captions", _PER_PHOTO),
        "stars": _stars(connection),
        "characters": _spread(connection, "characters", "measured"),
        "tokens": _spread(connection, "tokens", "measured"),
        "categories": _frequent(connection, "SELECT category AS value FROM measured"),
        "labels": _frequent(connection, "SELECT unnest(labels) AS value FROM kept_photo"),
        "vocabulary": _vocabulary(connection, vocabulary),
        "duplicates": _duplicates(connection),
        "filters": _filters(connection),
    }


_PER_PHOTO = "(SELECT count(*) AS captions FROM measured GROUP BY n)"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(query).fetchall()]


def _splits(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    rows = _rows(
        connection,
        """SELECT split, any_value(photos), any_value("groups"), count(*), sum(tokens)::BIGINT
        FROM measured JOIN (SELECT split, count(*) AS photos, count(DISTINCT "group") AS "groups"
                            FROM kept_photo GROUP BY split) USING (split)
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
    source = "(SELECT coalesce(stars, 0) AS stars FROM measured)"
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


def _vocabulary(connection: duckdb.DuckDBPyConnection, vocabulary: Vocabulary) -> dict[str, object]:
    """Return the vocabulary's size, and for each split the share of tokens that are <UNK> in it."""
    known = set(vocabulary.tokens[len(SPECIALS) :])
    distinct: dict[str, int] = {"train": 0, "dev": 0}
    total, unknown = dict(distinct), dict(distinct)
    rows = connection.execute("SELECT split, token, count FROM token").fetchall()
    for split, token, count in rows:
        distinct[split] += 1
        total[split] += count
        unknown[split] += count * (token not in known)
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
            SELECT count(*) AS n FROM kept_photo GROUP BY "group" HAVING count(*) > 1)""",
    )
    [(shared,)] = _rows(connection, "SELECT count(*) FROM kept_photo WHERE len(odai_ids) > 1")
    return {"groups_of_near_duplicates": groups, "photos_in_them": photos, "photos_of_several_odai": shared}


def _filters(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return the captions that each filter took, in the order in which the filters are asked."""
    options = DatasetOptions()
    names = [*filters.by_fact(options), *filters.by_text(options, ()), *filters.BY_PHOTO]
    taken = dict(_rows(connection, "SELECT reason, sum(captions)::BIGINT FROM taken_by GROUP BY reason"))
    return {name: taken.get(name, 0) for name in names}
