"""Describes photos anew that an older decoder described, and says which of all photos cannot be used."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from store.photo.containers import is_plain_jpeg
from store.photo.description import describe
from store.photo.errors import UnusablePhoto
from store.photo.options import Limits
from store.processes.cores import cores
from store.progress import Progress
from store.schema import DECODER, IMAGES, decoder_of
from store.shard_reader import Shard, unreadable
from store.shards import read_schema

ANEW = pa.schema(
    [
        *(("shard", pa.int64()), ("row", pa.int64())),
        *(("width", pa.int32()), ("height", pa.int32()), ("phash", pa.string())),
    ]
)
"""What is said now of a photo; nulls but for its place, if it cannot be used."""
Row = dict[str, Any]


def describe_anew(connection: duckdb.DuckDBPyConnection, shards: Sequence[Path]) -> None:
    """Make `anew`, a row per photo of which today's decoder may say something else.

    Args:
        connection: holds `latest_image`.
        shards: those of the images tables; `shard` is an index into this list.
    """
    older = [number for number, path in enumerate(shards) if decoder_of(read_schema(path)) != DECODER]
    places = connection.execute("""
        SELECT shard, row FROM latest_image WHERE outcome = 'ok'
        QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY shard, row) = 1
        ORDER BY shard, row""").fetchnumpy()
    rows = [
        {"shard": number, **said}
        for number in older
        for said in _described(shards[number], np.asarray(places["row"])[places["shard"] == number])
    ]
    connection.from_arrow(pa.Table.from_pylist(rows, ANEW)).create("anew")


def load_unusable(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `unusable_photo` of `photo` and `anew`: what is damaged, or outside the limits."""
    limits = Limits.options
    connection.execute(f"""
        CREATE TABLE unusable_photo AS
        SELECT photo_id FROM photo JOIN anew USING (shard, row) WHERE anew.width IS NULL
        UNION SELECT photo_id FROM photo
        WHERE width::BIGINT * height > {limits.max_megapixels * 10**6}
            OR least(width, height) < {limits.min_side}
            OR greatest(width, height) > {limits.max_aspect} * least(width, height)""")


def _described(path: Path, rows: np.ndarray) -> Iterator[Row]:
    """Yield what is said now of those photos in `rows` (N,) of a shard of which it may be something else."""
    with (
        Progress(f"describe {path.name}", len(rows), "photos") as progress,
        ThreadPoolExecutor(cores()) as pool,  # decoders let go of Python's lock
    ):
        for some, contents in _photos(path, rows):
            for row, said in zip(some, pool.map(_said, contents), strict=True):
                if said is not None:
                    yield {"row": row, **said}
            progress.advance(len(some))


def _said(content: bytes | None) -> Row | None:
    """Return what is said of a photo now, None if that is the same as before."""
    if not content or is_plain_jpeg(content):  # those without bytes are counted where they are written
        return None
    try:
        photo = describe(content)
    except UnusablePhoto:
        return {}
    return {"width": photo.width, "height": photo.height, "phash": photo.phash}


def _photos(path: Path, rows: np.ndarray) -> Iterator[tuple[list[int], list[bytes | None]]]:
    """Yield the photos in `rows` (N,) of a shard: which rows, and their bytes, a row group at a time."""
    start = 0
    try:
        with Shard(path, IMAGES) as shard:
            for group in range(shard.num_row_groups):
                end = start + shard.metadata.row_group(group).num_rows
                chosen = (rows >= start) & (rows < end)
                if chosen.any():
                    content = shard.read_row_group(group, columns=["bytes"])["bytes"]
                    yield rows[chosen].tolist(), content.take(pa.array(rows[chosen] - start)).to_pylist()
                start = end
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
