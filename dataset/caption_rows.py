"""The captions of a dataset as SQL: a row each, with what is asked of its photo."""

from pathlib import Path

from dataset import read
from store.register.kinds import DATASET_CAPTIONS
from store.schema import CAPTIONS, PHOTOS
from store.shard_reader import sql_rows
from store.shards import shard_paths

_SPLIT = "split_part(parse_filename(filename), '-', 1) AS split"
_JOINED = """
    SELECT sha256, image_sha256, phash, split, c.boke_id, c.odai_id, c.text, c.category, c.url,
        coalesce(c.source, p.source) AS source, coalesce(c.licence, p.licence) AS licence, credit,
        c.licence AS caption_licence
    FROM {captions} c JOIN (
        SELECT sha256, image_sha256, phash, source, licence, credit, {split} FROM {photos}) p
    USING (sha256)"""
_WITHIN = """
    SELECT sha256, image_sha256, phash, {split}, c.boke_id, c.odai_id, c.text, c.category, c.url,
        coalesce(c.source, p.source) AS source, coalesce(c.licence, p.licence) AS licence, credit,
        c.licence AS caption_licence
    FROM {photos} p, unnest(captions) AS unnested(c)"""


def caption_shards(dataset: Path) -> list[Path]:
    """Return the shards that `caption_rows` reads."""
    return [*read.shards(dataset), *shard_paths(dataset / DATASET_CAPTIONS, CAPTIONS)]


def caption_rows(dataset: Path) -> str:
    """Return a query for every caption of a dataset with its photo.

    They come from the slim table, of which DuckDB reads no more than a condition asks for; a dataset of an
    earlier version lacks it, and has them within its photos only.

    Returns:
        A SELECT with the columns sha256, image_sha256, phash, split, boke_id, odai_id, text, category, url,
        source, licence (the caption's, else its photo's), credit and caption_licence.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard is cut short.
    """
    photos = sql_rows(read.shards(dataset), PHOTOS, places=True)
    slim = shard_paths(dataset / DATASET_CAPTIONS, CAPTIONS)
    if not slim:
        return _WITHIN.format(photos=photos, split=_SPLIT)
    return _JOINED.format(photos=photos, split=_SPLIT, captions=sql_rows(slim, CAPTIONS))
