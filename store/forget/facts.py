"""What the stages state about photos, odai and boke: one hash or number leads to all that belongs to it.

Each stage yields SQL over its own tables, and knows of no other.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce

import duckdb
import pyarrow as pa

from store.forget.content import SHORT, Content, Request, unnumbered
from store.sql import literal

FACT = "key VARCHAR, sha256 VARCHAR, odai_id BIGINT, boke_id BIGINT, text VARCHAR, text_nfkc VARCHAR"
"""The columns of a fact, null where it says nothing of one. `key` is a photo's key, see `store.addresses`."""
IMAGE = "sha256 VARCHAR, image_sha256 VARCHAR"
"""The columns of what is stated of a photo whose bytes lie somewhere without their metadata."""
_UNNUMBERED = "CASE WHEN boke_id IS NULL THEN key || chr(10) || text END"
_LISTED = {"photo": "sha256", "url": "key", "odai": "odai_id", "boke": "boke_id"}
"""The columns that a forget list knows, by its kinds."""


class Facts:
    """What the stages of a pipeline state about photos, odai and boke, joined in DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def load(cls, queries: Iterable[str], images: Iterable[str] = ()) -> Iterator["Facts"]:
        """Yield the facts that `queries` select.

        Args:
            images: queries for the columns of IMAGE.

        Raises:
            duckdb.Error: a shard is damaged.
        """
        with duckdb.connect() as connection:
            for table, columns, selected in (("fact", FACT, queries), ("image", IMAGE, images)):
                connection.execute(f"CREATE TABLE {table} ({columns})")
                for query in selected:
                    connection.execute(f"INSERT INTO {table} {query}")
            yield cls(connection)

    def holds(self, content: Content) -> bool:
        """Tell whether these stages, of another pipeline, hold some photo or caption of `content`.

        Numbers of odai and boke alone prove nothing: another site counts its own.
        """
        photo = _among("sha256", content.digests)
        caption = f"{_among('boke_id', content.boke_ids)} AND {_among('text', content.texts)}"
        return bool(
            self._connection.execute(f"SELECT 1 FROM fact WHERE {photo} OR {caption} LIMIT 1").fetchall()
        )

    def content(self, *requests: Request, digests: Collection[str] = ()) -> Content:
        """Return everything that belongs to what is to be forgotten.

        Args:
            digests: those of the forget list: what is on it belongs to it, too, if anything brought it back.
        """
        found = reduce(Content.__or__, map(self._of, requests), Content())
        if digests:
            found |= self._listed(digests)
        return self._with_texts(self._with_images(found))

    def _of(self, request: Request) -> Content:
        if request.sha256 is not None:
            return self._of_photos(self._same({request.sha256}), set())
        if request.odai is not None:
            return self._of_odai(request.odai)
        assert request.boke is not None
        return Content(boke_ids={request.boke})

    def _same(self, sha256s: set[str]) -> set[str]:
        """Return the photos that have these bytes, or have them once their metadata are cut out."""
        bytes_ = sha256s | self._images(_among("sha256", sha256s))
        among = _among("image_sha256", bytes_)
        photos = self._column("sha256", f"image WHERE {among}") | self._set(
            "sha256", _among("sha256", bytes_)
        )
        return photos | sha256s - self._images(among)

    def _images(self, where: str) -> set[str]:
        return self._column("image_sha256", f"image WHERE {where}")

    def _of_photos(self, sha256s: set[str], keys: set[str]) -> Content:
        """Return what belongs to photos: odai that show them, at any of their addresses, and their boke."""
        photo = _among("sha256", sha256s)
        keys = keys | self._set("key", photo)
        odai_ids = self._set("odai_id", f"{photo} OR {_among('key', keys)}")
        where = f"{_among('odai_id', odai_ids)} OR {_among('key', keys)} OR {photo}"
        return Content(sha256s, keys, odai_ids, self._set("boke_id", where))

    def _of_odai(self, odai_id: int) -> Content:
        """Return what belongs to one odai: its boke, and its photo if no other odai shows it."""
        where = f"odai_id = {odai_id}"
        keys = self._set("key", where) - self._set("key", f"odai_id <> {odai_id}")
        sha256s = self._set("sha256", f"{where} OR {_among('key', keys)}")
        sha256s -= self._set(
            "sha256", f"odai_id <> {odai_id} OR NOT {_among('key', keys)} AND key IS NOT NULL"
        )
        # A boke without an odai's number belongs to the photo, and so do others at the photo's address.
        boke_ids = self._set("boke_id", f"{where} OR {_among('key', keys)} OR {_among('sha256', sha256s)}")
        return Content(sha256s, keys, {odai_id}, boke_ids)

    def _listed(self, digests: Collection[str]) -> Content:
        table = pa.table({"digest": pa.array(sorted(digests), pa.string())})
        self._connection.from_arrow(table).create("digest")
        there = (
            "(text IS NOT NULL OR sha256 IS NOT NULL)"  # else there is but an address that is denied by now
        )
        photos, keys, odai_ids, boke_ids = (
            self._set(column, f"sha256('{kind}:' || {column}) IN (FROM digest) AND {there}")
            for kind, column in _LISTED.items()
        )
        found = self._of_photos(photos, keys) if photos or keys else Content()
        odai_boke = self._set("boke_id", _among("odai_id", odai_ids))
        rows = self._connection.execute(f"""
            SELECT {_UNNUMBERED} FROM fact WHERE sha256('unnumbered:' || {_UNNUMBERED}) IN (FROM digest)""")
        alone = {value for (value,) in rows.fetchall()}
        return found | Content(odai_ids=odai_ids, boke_ids=boke_ids | odai_boke, unnumbered=alone)

    def _with_images(self, content: Content) -> Content:
        """Add what the photos are without their metadata, unless another photo is the same."""
        own = _among("sha256", content.sha256s)
        images = self._images(own) - self._images(f"NOT {own}")
        others = self._set("sha256", f"{_among('sha256', images)} AND NOT {own}")
        return content | Content(image_sha256s=images - others)

    def _with_texts(self, content: Content) -> Content:
        """Add the texts, as written and normalised, of facts that belong to the content and to no others.

        A boke without any number that stands at the same photo as one of the content, with the same text, is
        that boke.
        """
        where = " OR ".join(
            _among(column, values)
            for column, values in (
                *(("sha256", content.sha256s), ("key", content.keys)),
                *(("odai_id", content.odai_ids), ("boke_id", content.boke_ids)),
                (_UNNUMBERED, content.unnumbered),
            )
        )
        # `other` is a view: a table of it would be as large as all facts once more.
        self._connection.execute(f"""
            CREATE OR REPLACE TABLE own AS SELECT * FROM fact WHERE {where};
            CREATE OR REPLACE TABLE twin AS SELECT DISTINCT other.key, other.sha256, other.text
            FROM (FROM fact WHERE NOT ({where})) other JOIN own
            ON other.text = own.text AND (other.key = own.key OR other.sha256 = own.sha256)
            WHERE other.boke_id IS NULL AND other.odai_id IS NULL;
            CREATE OR REPLACE VIEW other AS SELECT * FROM fact WHERE NOT ({where})
            AND NOT (boke_id IS NULL AND odai_id IS NULL AND (
                coalesce((text, key) IN (SELECT (text, key) FROM twin WHERE key IS NOT NULL), false) OR
                coalesce((text, sha256) IN (SELECT (text, sha256) FROM twin WHERE sha256 IS NOT NULL), false)
            ))""")
        twins = {
            unnumbered(place, text)
            for key, sha256, text in self._connection.execute("FROM twin").fetchall()
            for place in (key, sha256)
            if place
        }
        texts = self._column("text", "own") | self._column("text_nfkc", "own")
        self._connection.from_arrow(pa.table({"text": pa.array(texts, pa.string())})).create("mine")
        for column in ("text", "text_nfkc"):  # where others have a text, too, finding it would prove nothing
            texts -= self._column(column, f"other WHERE {column} IN (SELECT text FROM mine)")
        self._connection.execute("DROP TABLE mine")
        return content | Content(texts=texts, unnumbered=twins, quoted=self._quoted(texts))

    def _quoted(self, texts: set[str]) -> set[str]:
        """Return the long texts that are a part of another boke's."""
        table = pa.table({"text": pa.array([text for text in texts if len(text) >= SHORT], pa.string())})
        self._connection.from_arrow(table).create("long")
        rows = self._connection.execute("""
            SELECT text FROM long WHERE EXISTS (
                FROM other WHERE contains(other.text, long.text) OR contains(other.text_nfkc, long.text))""")
        quoted = {text for (text,) in rows.fetchall()}
        self._connection.execute("DROP TABLE long")
        return quoted

    def _set(self, column: str, where: str) -> set:  # type: ignore[type-arg]  # of the column's values
        rows = self._connection.execute(f"SELECT DISTINCT {column} FROM fact WHERE {where}").fetchall()
        return {value for (value,) in rows if value is not None}

    def _column(self, column: str, table: str) -> set[str]:
        rows = self._connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
        return {value for (value,) in rows if value is not None}


def _among(column: str, values: Iterable[object]) -> str:
    listed = ", ".join(literal(value) if isinstance(value, str) else str(value) for value in values)
    return f"coalesce({column} IN ({listed}), false)" if listed else "false"
