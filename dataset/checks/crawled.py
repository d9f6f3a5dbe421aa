"""Whether a dataset says what its crawls say: the build's own steps are run again, and rows compared.

That can be told only as long as the crawls' shards are those that the dataset was built from, and today's
steps are those that built it. Else the dataset is out of date at most, which `bokeru dataset` tells.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset.build.publish import Origin
from dataset.build.stage import VERSION, connect
from dataset.build.steps import STEPS, Inputs
from dataset.damage import explain
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.register.verify import Problem, Problems
from store.schema import PHOTOS
from store.shard_reader import sql_rows
from store.shards import count_rows

SHOWN = 20
"""So many captions and photos that differ are named one by one."""
CAPTION = ("boke_id", "odai_id", "text", "stars", "raters", "category", "posted", "url", "source", "licence")
"""What a caption has from the crawl."""
WHENCE = ("source", "licence", "credit", "rights")
PHOTO = ("width", "height", "phash", "category", "labels", "label_confidences", *WHENCE)
"""What a photo has from it."""
_KEY = ("boke_id", "url")
"""By these a caption is looked for where it is not as the crawl has it."""


def check_crawled(shards: Sequence[Path], crawls: Sequence[Path], manifest: Mapping[str, Any]) -> Problems:
    """Yield the captions and photos that are not as the crawls have them.

    Args:
        shards: the dataset's.
        crawls: where the crawls of its manifest are now, in the order there.
    """
    found = _inputs(crawls, manifest)
    if found is None or not shards:
        return
    photos = count_rows(found[1])
    with tempfile.TemporaryDirectory() as work, connect(Path(work), photos=photos) as connection:
        try:
            _load(connection, shards, *found)
            yield from _captions(connection)
            yield from _photos(connection)
        except duckdb.Error as error:
            cause = explain(error, [*shards, *found[0], *found[1]])
            if not isinstance(cause, DamagedFile):  # that is said where the file is read
                raise cause from error


def _inputs(crawls: Sequence[Path], manifest: Mapping[str, Any]) -> tuple[list[Path], list[Path]] | None:
    """Return the shards of pages and of images that the dataset was built from, if all are still there."""
    inputs = manifest.get("inputs")
    if not isinstance(inputs, dict) or inputs.get("version") != VERSION:
        return None
    shards: tuple[list[Path], list[Path]] = [], []
    for kind, paths in zip(("pages", "images"), shards, strict=True):
        for crawl, listed in zip(crawls, inputs.get(kind, []), strict=False):
            for name, size in listed:
                path = crawl / kind / name
                if not path.is_file() or path.stat().st_size != size:
                    return None
                paths.append(path)
    return shards


def _load(
    connection: duckdb.DuckDBPyConnection,
    shards: Sequence[Path],
    pages: Sequence[Path],
    images: Sequence[Path],
) -> None:
    """Make `crawled_caption` and `crawled_photo` of the crawls, `caption` and `held_photo` of the dataset."""
    nowhere = Path(os.devnull)  # no folder: a step that writes fails
    origin = Origin("", "", {}, [], [], "", {})
    inputs = Inputs(pages, images, DatasetOptions(), (), (), (), nowhere, nowhere, origin)
    files = sql_rows(shards, PHOTOS, places=True)
    for step in STEPS:
        if step.name == "groups and split":  # sides follow from groups, not from the crawl
            connection.execute(f"""CREATE TABLE side AS SELECT photo_id, "group",
                split_part(parse_filename(filename), '-', 1) AS split
                FROM photo LEFT JOIN {files} AS held USING (sha256)""")
            continue
        if step.name == "rows of photos":  # it drops the photos without captions, which may name a group
            connection.execute("""CREATE TABLE crawled_group AS
                SELECT left(sha256('group:' || sha256), 16) AS "group" FROM photo""")
        if step.name == "table of what facts leave out":  # a check writes nothing
            continue
        step(connection, inputs)
        if step.name == "filters by fact":  # no matter what they say: what was built passed them
            connection.execute("UPDATE candidate SET filter_name = NULL")
        if step.name == "rows of photos":
            break
    photo, caption, field = (
        ", ".join(f'{table}"{name}"' for name in names)
        for table, names in (("", PHOTO), ("candidate.", CAPTION), ("c.", CAPTION))
    )
    connection.execute(f"""
        CREATE TABLE crawled_caption AS
        SELECT sha256, {caption} FROM candidate JOIN photo_row ON photo_id = n;
        CREATE VIEW crawled_photo AS SELECT sha256, {photo} FROM photo_row;
        CREATE TABLE caption AS
        SELECT filename, sha256, {field} FROM (SELECT filename, sha256, unnest(captions) AS c FROM {files});
        CREATE TABLE held_photo AS SELECT filename, sha256, "group", {photo} FROM {files}""")


def _captions(connection: duckdb.DuckDBPyConnection) -> Problems:
    for row in _others(connection, "caption", "crawled_caption", ("sha256", *CAPTION)):
        crawled = _rows(connection, "crawled_caption", {name: row[name] for name in _KEY})
        name = f"{row['filename']}: boke {row['boke_id']} of photo {row['sha256']}"
        yield _problem(name, row, crawled, ("sha256", *CAPTION))


def _photos(connection: duckdb.DuckDBPyConnection) -> Problems:
    for row in _others(connection, "held_photo", "crawled_photo", ("sha256", *PHOTO)):
        crawled = _rows(connection, "crawled_photo", {"sha256": row["sha256"]})
        yield _problem(f"{row['filename']}: photo {row['sha256']}", row, crawled, PHOTO)
    nameless = connection.sql(f"""
        SELECT filename, sha256, "group" FROM held_photo WHERE "group" NOT IN (FROM crawled_group)
        ORDER BY ALL LIMIT {SHOWN}""")
    for path, sha256, group in nameless.fetchall():
        yield Problem(f"{path}: photo {sha256} is in group {group}, which no photo of the crawl founds")


def _others(
    connection: duckdb.DuckDBPyConnection, held: str, crawled: str, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the rows of `held`, with their file, that `crawled` does not have; the first SHOWN of them."""
    names = ", ".join(f'"{name}"' for name in columns)
    equal = " AND ".join(f'other."{name}" IS NOT DISTINCT FROM held."{name}"' for name in columns)
    rows = connection.sql(f"""
        SELECT held.* FROM {held} AS held
        SEMI JOIN (SELECT {names} FROM {held} EXCEPT SELECT {names} FROM {crawled}) AS other ON {equal}
        ORDER BY ALL LIMIT {SHOWN}""")
    return _plain(rows.to_arrow_table())


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, key: Mapping[str, object]
) -> list[dict[str, Any]]:
    same = " AND ".join(f'"{name}" IS NOT DISTINCT FROM ?' for name in key)
    found = connection.sql(f"SELECT * FROM {table} WHERE {same}", params=list(key.values()))
    return _plain(found.to_arrow_table())


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _problem(
    name: str, row: Mapping[str, Any], crawled: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> Problem:
    """Return what to say of a row that is none of those that the crawl has with its key."""
    if not crawled:
        return Problem(f"{name} is not in the crawl")
    nearest = min(crawled, key=lambda one: sum(one[column] != row[column] for column in columns))
    column = next((column for column in columns if nearest[column] != row[column]), columns[0])
    return Problem(f"{name}: {column} is {row[column]!r}, but the crawl has {nearest[column]!r}")
