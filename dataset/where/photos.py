"""Photos of a dataset that was built, chosen by an expression of the language of `dataset.where`."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.damage import explained
from dataset.where.columns import SUBJECT
from dataset.where.evaluate import prepared
from dataset.where.expression import parse
from store.errors import UsageError
from store.schema import PHOTOS
from store.shard_reader import sql_rows

COLUMNS = tuple(name for name in PHOTOS.names if name != "image")
"""What is returned of a photo: all but its bytes."""
_PHOTO = """
    SELECT sha256 AS photo_id, * EXCLUDE (image, labels, category), category AS photo_category,
        list_transform(list_zip(labels, label_confidences),
            lambda pair: {{'label': pair[1], 'confidence': pair[2]}}) AS labels
    FROM {rows}"""
_BOKE = """
    SELECT photo_id, caption.* EXCLUDE (tokens, text_nfkc, scores), NULL::VARCHAR AS kind
    FROM (SELECT photo_id, unnest(captions) AS caption FROM photo)"""
_SCORE = """
    SELECT sha256, NULL AS text, scores FROM photo
    UNION ALL SELECT photo_id, caption.text, caption.scores
    FROM (SELECT photo_id, unnest(captions) AS caption FROM photo)"""


def photos(directory: Path, where: str | None = None, split: str | None = None) -> pa.Table:
    """Return a row per photo, with its captions and without its bytes, in the dataset's order.

    Args:
        where: an expression as `dataset.where` takes it; a photo is taken if it holds for a caption of it.
        split: train or dev; by default both. The column `split` says which.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
        UsageError: there is no such split, or `where` is no such expression; the message says why.
    """
    if split not in (None, *read.SPLITS):
        raise UsageError(f"there is no split {split!r}. There are: {', '.join(read.SPLITS)}")
    table = read.photos(directory, split, COLUMNS)
    if where is None:
        return table
    return table.filter(pc.is_in(table["sha256"], pa.array(_holding(directory, where, split), pa.string())))


def _holding(directory: Path, where: str, split: str | None) -> list[str]:
    """Return the photos that have a caption for which `where` holds."""
    try:
        expression = parse(where)
    except ValueError as error:
        raise UsageError(f"where, {where!r}: {error}") from None
    shards = read.shards(directory, split)
    rows = sql_rows(shards, PHOTOS)
    with explained(shards), duckdb.connect() as connection:
        for name, query in (("photo", _PHOTO), ("boke", _BOKE), ("score", _SCORE)):
            connection.execute(f"CREATE VIEW {name} AS {query.format(rows=rows)}")
        with prepared(connection, where, "text") as parts:
            subjects = f"SELECT photo_id {parts.field} FROM {parts.boke} {parts.joins}"
            found = f"SELECT DISTINCT photo_id FROM ({subjects}) AS {SUBJECT}s WHERE {expression.sql}"
            return [photo for (photo,) in connection.execute(found).fetchall()]
