"""The rows of all that a pipeline holds: what the last build took or left out, what its crawls fetched."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset import read
from dataset.builds import left_out
from dataset.caption_rows import caption_rows, caption_shards
from dataset.damage import explained
from store.place import Place
from store.schema import IMAGES, LEFT_OUT_CAPTIONS
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.sql import string_list

Hides = Callable[[str, str | None], bool]
"""Tells whether a caption is hidden, by its text and category."""
PAGES = 5
"""Addresses of pages that are named of a photo."""
_LEFT_OUT = """
    SELECT sha256, NULL AS image_sha256, NULL AS split, boke_id, odai_id, text, category, url, source,
        licence, NULL AS credit FROM {rows}"""
_FOUND = """
    WITH mine AS (FROM caption WHERE {condition}),
    place AS (SELECT sha256 FROM mine UNION SELECT unnest({sha256s}::VARCHAR[])),
    said AS (
        SELECT sha256, any_value(split) AS split, count(split) AS captions,
            list(DISTINCT {{'url': url, 'text': text, 'category': category}}) AS pages,
            any_value(source) AS source, any_value(licence) AS licence, any_value(credit) AS credit
        FROM mine GROUP BY sha256),
    fetched AS (
        SELECT sha256, arg_min(url, fetched_at) AS url, min(fetched_at) AS since, any_value(source) AS source,
            any_value(licence) AS licence, any_value(credit) AS credit
        FROM image SEMI JOIN place USING (sha256) GROUP BY sha256)
    SELECT place.sha256, split, coalesce(captions, 0) AS captions, coalesce(pages, []) AS pages,
        fetched.url AS address, since, coalesce(said.source, fetched.source) AS source,
        coalesce(said.licence, fetched.licence) AS licence, coalesce(said.credit, fetched.credit) AS credit
    FROM place LEFT JOIN said ON place.sha256 IS NOT DISTINCT FROM said.sha256
    LEFT JOIN fetched ON place.sha256 = fetched.sha256 ORDER BY place.sha256"""


class HeldRows:
    """The views `caption` and `image` of a pipeline.

    Attributes:
        connection: where they are; their columns are those of the queries above.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, hides: Hides) -> None:
        self.connection, self._hides = connection, hides

    def found(self, condition: str, sha256s: Collection[str] = ()) -> list[dict[str, Any]]:
        """Return a row for each photo that has a caption of `condition`, as SQL, or is listed.

        Its keys are those of `dataset.held.answer.Match`, but for `how` and `forget`.
        """
        query = _FOUND.format(condition=condition, sha256s=string_list(sorted(sha256s)))
        rows = self.connection.sql(query).to_arrow_table().to_pylist()
        return [{**row, "pages": self._shown(row["pages"])} for row in rows]

    def photos(self, condition: str) -> set[str]:
        """Return the photos of which a row of `image` fulfils a condition, as SQL."""
        return {
            sha256
            for (sha256,) in self.connection.execute(f"SELECT sha256 FROM image WHERE {condition}").fetchall()
        }

    def all_photos(self) -> pa.Array:
        """Return the sha256 of all photos, each once."""
        found = self.connection.sql("SELECT sha256 FROM caption UNION SELECT sha256 FROM image")
        return found.to_arrow_table()["sha256"].combine_chunks().drop_null()

    def _shown(self, pages: list[dict[str, Any]]) -> list[str]:
        shown = {one["url"] for one in pages if not self._hides(one["text"] or "", one["category"])}
        return sorted(shown - {None})[:PAGES]


@contextmanager
def held_rows(place: Place, hides: Hides = lambda text, category: False) -> Iterator[HeldRows]:
    """Yield the rows of a pipeline.

    Args:
        hides: captions whose pages are not named.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read; also within the block.
    """
    kept, gone = caption_rows(place.dataset), left_out.paths(place.dataset)
    crawls = [Path(crawl) for crawl in read.manifest(place.dataset).get("crawls", [])]
    images = [path for crawl in crawls for path in shard_paths(crawl / "images", IMAGES)]
    shards = [*caption_shards(place.dataset), *gone, *images]
    with explained(shards), duckdb.connect() as connection:
        columns = (
            "sha256, image_sha256, split, boke_id, odai_id, url, text, category, source, licence, credit"
        )
        parts = [f"SELECT {columns} FROM ({kept})"]
        parts += [_LEFT_OUT.format(rows=sql_rows(gone, LEFT_OUT_CAPTIONS))] if gone else []
        # By name: a text that stood where an address does would be shown, though it is hidden.
        connection.execute(f"CREATE VIEW caption AS {' UNION ALL BY NAME '.join(parts)}")
        rows = f"FROM {sql_rows(images, IMAGES)} WHERE outcome = 'ok'" if images else "FROM nothing"
        connection.from_arrow(IMAGES.empty_table()).create("nothing")
        columns = "sha256, url, fetched_at, source, licence, credit"
        connection.execute(f"CREATE VIEW image AS SELECT {columns} {rows}")
        yield HeldRows(connection, hides)
