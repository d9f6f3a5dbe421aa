"""Decodes the photos that no earlier build decoded, and says which of all photos cannot be used."""

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.photo import computed
from store.photo.computed import SAID, Answer
from store.photo.keys import check_contents
from store.photo.near.kept import KeptLooks
from store.photo.options import Limits
from store.photo.spread import Compute, spread
from store.progress import Progress
from store.schema import DECODER, IMAGES, LOOKS, decoder_of
from store.shard_reader import Shard, unreadable
from store.shards import read_schema

ANEW = pa.schema(
    [
        *(("shard", pa.int64()), ("row", pa.int64())),
        *(("width", pa.int32()), ("height", pa.int32()), ("phash", pa.string())),
    ]
)
"""What is said now of a photo; nulls but for its place, if it cannot be used."""
_FACT = pa.schema([LOOKS.field(name) for name in ("sha256", "facts", "bare")])
_Place = tuple[int, int, str]
"""A photo's shard, its row there, and its sha256."""
_STEP = 64
"""Progress is told after so many photos."""

log = logging.getLogger(__name__)


def describe_photos(
    connection: duckdb.DuckDBPyConnection, shards: Sequence[Path], kept: KeptLooks | None
) -> None:
    """Make `anew`, a row per photo of which today's decoder says something else than the one of its shard.

    And make `fact`, what is measured of each photo, and whether its bytes are taken as they are.

    Args:
        connection: holds `latest_image`.
        shards: those of the images tables; `shard` is an index into this list.
        kept: what earlier builds kept of decoded photos: it gets the others, too. None where only `anew` is
            asked for: `fact` has no rows then.
    """
    places = connection.sql("""
        SELECT shard, row, sha256 FROM latest_image WHERE outcome = 'ok'
        QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY shard, row) = 1
        ORDER BY shard, row""").to_arrow_table()
    known = _keep_new(kept, places, shards) if kept else None
    measured = _FACT.empty_table() if known is None else known.select(_FACT.names)
    connection.from_arrow(measured).create("fact")
    older = [number for number, path in enumerate(shards) if decoder_of(read_schema(path)) != DECODER]
    places = places.filter(pc.is_in(places["shard"], pa.array(older, pa.int64())))
    tables = []
    if known is not None:
        said_before = known.select(["sha256", *SAID])
        found = places.join(said_before, "sha256", join_type="inner")
        tables.append(found.select(ANEW.names).cast(ANEW))
        places = places.join(known.select(["sha256"]), "sha256", join_type="left anti")
    rows = [
        {"shard": number, "row": row, **{name: said.get(name) for name in SAID}}
        for (number, row, _), said in _each(places, shards, computed.said_now, "describe")
        if said
    ]
    tables.append(pa.Table.from_pylist(rows, ANEW))
    connection.from_arrow(pa.concat_tables(tables)).create("anew")


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


def _keep_new(kept: KeptLooks, places: pa.Table, shards: Sequence[Path]) -> pa.Table:
    """Decode the photos that are not kept yet, keep what is computed of them; return what is said of all."""
    known = kept.described()
    new = places.filter(pc.invert(pc.is_in(places["sha256"], known["sha256"])))
    if not len(new):
        return known
    with kept.writer() as writer, closing(_each(new, shards, computed.kept, "decode")) as each:
        for (_, _, sha256), answer in each:
            if answer:
                writer.append(_row(sha256, answer))
    return kept.described()


def _row(sha256: str, answer: Answer) -> dict[str, object]:
    """Return the row of what is kept of a photo."""
    if "error" in answer:
        log.warning("photo %s counts as damaged: %s", sha256, answer["error"])
        return {"sha256": sha256, "bare": False}
    return {"sha256": sha256, **computed.columns(answer)}


def _each(
    places: pa.Table, shards: Sequence[Path], compute: Compute, what: str
) -> Generator[tuple[_Place, Answer]]:
    """Yield what is computed of each photo in `places`: shard, row and sha256, in this order.

    Photos without bytes are passed over: they are counted where they are written.
    """
    if not len(places):
        return
    with (
        Progress(what, len(places), "photos") as progress,
        closing(spread(compute, _photos(places, shards), len(places))) as answers,
    ):
        for done, (place, answer) in enumerate(answers, 1):
            if answer is not None:
                yield place, answer
            if done % _STEP == 0 or done == len(places):
                progress.advance(done - progress.done)


def _photos(places: pa.Table, shards: Sequence[Path]) -> Iterator[tuple[_Place, bytes | None]]:
    """Yield the photos in `places` with their bytes, one row group in memory at a time."""
    numbers, rows = places["shard"].to_numpy(), places["row"].to_numpy()
    for number in np.unique(numbers).tolist():
        here = numbers == number
        sha256s = places["sha256"].filter(pa.array(here)).to_pylist()
        names = dict(zip(rows[here].tolist(), sha256s, strict=True))
        for some, contents in _contents(shards[number], np.sort(rows[here])):
            for row, content in zip(some, contents, strict=True):
                yield (number, row, names[row]), content or None


def _contents(path: Path, rows: np.ndarray) -> Iterator[tuple[list[int], list[bytes | None]]]:
    """Yield the bytes of the photos in `rows` (N,) of a shard: which rows, and these, by row group."""
    start = 0
    try:
        with Shard(path, IMAGES) as shard:
            for group in range(shard.num_row_groups):
                end = start + shard.metadata.row_group(group).num_rows
                chosen = (rows >= start) & (rows < end)
                if chosen.any():
                    photos = shard.read_row_group(group, columns=["sha256", "bytes"])
                    photos = photos.take(pa.array(rows[chosen] - start))
                    check_contents(path, photos["sha256"], photos["bytes"])
                    yield rows[chosen].tolist(), photos["bytes"].to_pylist()
                start = end
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
