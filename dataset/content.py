"""What a photo, an odai or a boke comes to in the stages: hashes, addresses, numbers, captions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.crawl_tables import literal
from store.addresses import sql_photo_key
from store.stages import Stage


@dataclass
class Content:
    """What is to go. `keys` are photo keys (see `addresses`); `texts` are captions as written and normalised.

    Texts that other boke have, too, are not among `texts`: finding them would prove nothing.
    """

    sha256s: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    odai_ids: set[int] = field(default_factory=set)
    boke_ids: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def among(self, captions: pa.Table) -> list[bool]:
        """Return for each caption, with its sha256, odai_id and boke_id, whether it is of this content."""
        masks = [
            pc.is_in(captions["sha256"], pa.array(self.sha256s, pa.string())),
            pc.is_in(captions["odai_id"], pa.array(self.odai_ids, pa.int64())),
            pc.is_in(captions["boke_id"], pa.array(self.boke_ids, pa.int64())),
        ]
        found: list[bool] = pc.or_(pc.or_(masks[0], masks[1]), masks[2]).to_pylist()
        return found


def matching(stages: Sequence[Stage], sha256: str | None, odai: int | None, boke: int | None) -> Content:
    """Return what there is of one photo (with all its odai), one odai (with its photo, if it is the only one
    to have it), or one boke, in crawls and datasets.
    """
    with duckdb.connect() as connection:
        _load(connection, stages)
        if sha256 is not None:
            return _photo(connection, sha256)
        if odai is not None:
            return _odai(connection, odai)
        mine = f"boke_id = {boke}"
        return Content(boke_ids={boke} if boke is not None else set(), texts=_texts(connection, mine))


def held(stages: Sequence[Stage], content: Content) -> bool:
    """Tell whether crawls and datasets of another pipeline hold some photo or caption of `content`.

    Numbers of odai and boke alone tell nothing: another site counts them, too. A damaged shard may hold
    anything.
    """
    photo = _among("sha256", content.sha256s)
    caption = f"{_among('boke_id', content.boke_ids)} AND {_among('text', content.texts)}"
    with duckdb.connect() as connection:
        try:
            _load(connection, stages)
        except duckdb.Error:
            return True
        return bool(connection.execute(f"SELECT 1 FROM fact WHERE {photo} OR {caption} LIMIT 1").fetchall())


def _load(connection: duckdb.DuckDBPyConnection, stages: Sequence[Stage]) -> None:
    """Make the table `fact`: what crawls and datasets say of photos, odai and boke."""
    connection.execute("""CREATE TABLE fact (
        key VARCHAR, sha256 VARCHAR, odai_id BIGINT, boke_id BIGINT, text VARCHAR, text_nfkc VARCHAR)""")
    for stage in stages:
        for query in _facts(stage):
            connection.execute(f"INSERT INTO fact {query}")


def _facts(stage: Stage) -> Iterable[str]:
    tables = {table.name: table.paths for table in stage.tables() if table.paths}
    if stage.kind == "crawl":
        if "images" in tables:
            images = _files(tables["images"])
            yield f"SELECT {sql_photo_key('url')}, sha256, NULL, NULL, NULL, NULL FROM {images}"
        if "pages" in tables:
            pages = _files(tables["pages"])
            yield f"SELECT {sql_photo_key('image_url')}, NULL, odai_id, NULL, NULL, NULL FROM {pages}"
            yield f"""SELECT {sql_photo_key("coalesce(b.image_url, image_url)")}, NULL,
                coalesce(b.odai_id, odai_id), b.boke_id, b.text, NULL
                FROM (SELECT unnest(bokes) AS b, odai_id, image_url FROM {pages})"""
    if stage.kind == "dataset" and tables:
        shards = _files([path for paths in tables.values() for path in paths])
        yield f"""SELECT NULL, sha256, c.odai_id, c.boke_id, c.text, c.text_nfkc
            FROM (SELECT sha256, unnest(captions) AS c FROM {shards})"""


def _photo(connection: duckdb.DuckDBPyConnection, sha256: str) -> Content:
    keys = _set(connection, f"SELECT key FROM fact WHERE sha256 = '{sha256}'")
    odai = _set(connection, f"SELECT odai_id FROM fact WHERE sha256 = '{sha256}' OR {_among('key', keys)}")
    mine = f"{_among('odai_id', odai)} OR {_among('key', keys)} OR coalesce(sha256 = '{sha256}', false)"
    bokes = _set(connection, f"SELECT boke_id FROM fact WHERE {mine}")
    return Content({sha256}, keys, odai, bokes, _texts(connection, mine))  # type: ignore[arg-type]


def _odai(connection: duckdb.DuckDBPyConnection, odai: int) -> Content:
    mine = f"odai_id = {odai}"
    keys = _set(connection, f"SELECT key FROM fact WHERE {mine}")
    keys -= _set(connection, f"SELECT key FROM fact WHERE odai_id <> {odai}")
    sha256s = _set(connection, f"SELECT sha256 FROM fact WHERE {mine} OR {_among('key', keys)}")
    others = (
        f"SELECT sha256 FROM fact WHERE odai_id <> {odai} OR NOT {_among('key', keys)} AND key IS NOT NULL"
    )
    sha256s -= _set(connection, others)
    bokes = _set(connection, f"SELECT boke_id FROM fact WHERE {mine}")
    return Content(sha256s, keys, {odai}, bokes, _texts(connection, mine))  # type: ignore[arg-type]


def _texts(connection: duckdb.DuckDBPyConnection, mine: str) -> set[str]:
    mine = f"coalesce({mine}, false)"
    return {
        str(text)
        for column in ("text", "text_nfkc")
        for text in _set(connection, f"SELECT {column} FROM fact WHERE {mine}")
        - _set(connection, f"SELECT text FROM fact WHERE NOT {mine}")
        - _set(connection, f"SELECT text_nfkc FROM fact WHERE NOT {mine}")
    }


def _set(connection: duckdb.DuckDBPyConnection, query: str) -> set[object]:
    return {value for (value,) in connection.execute(query).fetchall() if value is not None}


def _among(column: str, values: Iterable[object]) -> str:
    listed = ", ".join(literal(value) if isinstance(value, str) else str(value) for value in values)
    return f"coalesce({column} IN ({listed}), false)" if listed else "false"


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], union_by_name = true)"
