"""Loads the tables that `bokeru score` keeps, `data/<pipeline>/scores/<name>`, into a build."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from dataset.build.catalogue import create
from store.errors import UsageError
from store.manifest import file_list
from store.place import Place
from store.schema import SCORES
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.whole_file import read_object

SETTINGS = "settings.json"
"""What lies beside each table, and says which scorer made it."""
MADE_BY = "made_by"


def paths(folder: Path) -> list[Path]:
    """Return the files of all tables in `data/<pipeline>/scores`, which may be missing.

    Raises:
        DamagedFile: one is cut short or lacks a column.
    """
    return [path for table in _tables(folder) for path in shard_paths(table, SCORES)]


def versions(folder: Path) -> list[list[Any]]:
    """Return name, scorer and files of each table that has any: what a dataset with them depends on."""
    found = []
    for table in _tables(folder):
        if files := file_list(shard_paths(table, SCORES)):
            made_by = read_object(table / SETTINGS).get(MADE_BY) if (table / SETTINGS).exists() else None
            found.append([table.name, made_by, files])
    return found


def changes(then: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]]) -> dict[str, str]:
    """Return in what each table differs that is not as it was, by its name.

    Args:
        then, now: as `versions` returned them; `then` may have been JSON meanwhile.
    """
    before, after = ({name: rest for name, *rest in each} for each in (then, now))
    found = dict.fromkeys(before.keys() - after.keys(), "gone")
    found |= dict.fromkeys(after.keys() - before.keys(), "new")
    for name in before.keys() & after.keys():
        if before[name][0] != after[name][0]:
            found[name] = "by another scorer"
        elif before[name] != after[name]:
            found[name] = "of other rows"
    return dict(sorted(found.items()))


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def load(connection: duckdb.DuckDBPyConnection, shards: Sequence[Path]) -> None:
    """Make `score`: of each photo, and of each caption of a photo, its scores by all scorers.

    What a scorer failed with has none of its scores, and so no row where no other scored it.
    """
    if not shards:
        create(connection, "score")
        return
    connection.execute(f"""
        CREATE TABLE score AS
        SELECT sha256, text, list({{'name': one.key, 'value': one.value}} ORDER BY one.key) AS scores
        FROM (SELECT sha256, text, unnest(map_entries(scores)) AS one
              FROM {sql_rows(shards, SCORES)} WHERE outcome = 'ok')
        GROUP BY sha256, text""")


OF_CAPTIONS = """
    CREATE TABLE caption_score AS
    SELECT candidate.rowid AS id, scores FROM candidate JOIN photo USING (photo_id)
    JOIN score ON score.sha256 = photo.sha256 AND score.text = candidate.text
    WHERE filter_name IS NULL"""
"""Makes `caption_score`, of the candidates that are still in."""


def check_names(connection: duckdb.DuckDBPyConnection, names: Iterable[str], place: Place) -> None:
    """Raise UsageError where `score` has no score of one of the names.

    The message says which is like it, and what makes it.
    """
    query = "SELECT DISTINCT one.name FROM (SELECT unnest(scores) AS one FROM score) ORDER BY 1"
    known = [name for (name,) in connection.execute(query).fetchall()]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            nearest = f"Nearest: {close[0]}. " if close else ""
            there = f"There are: {', '.join(known)}" if known else "There are none yet"
            make = place.command("score", name, "--python", "FILE:NAME")
            raise UsageError(
                f"dataset.where names the score {name}, which no table in scores/ has. {nearest}{there}. "
                f"Make it with a function of yours, or a model: {make}"
            )
