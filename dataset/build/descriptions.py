"""Decodes the photos that no earlier build decoded, and says which of all photos cannot be used."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.photo.containers import is_plain_jpeg
from store.photo.decode import decode
from store.photo.description import ENOUGH, describe, describe_picture
from store.photo.errors import OutsideLimits, UnusablePhoto
from store.photo.facts import measured, reduced
from store.photo.keys import check_contents
from store.photo.metadata.cut import bare
from store.photo.near.kept import KeptLooks, packed
from store.photo.near.look import look
from store.photo.options import Limits
from store.processes.cores import cores
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
Row = dict[str, Any]
Said = TypeVar("Said")
_SAID = ("width", "height", "phash")


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
        said_before = known.select(["sha256", *_SAID])
        found = places.join(said_before, "sha256", join_type="inner")
        tables.append(found.select(ANEW.names).cast(ANEW))
        places = places.join(known.select(["sha256"]), "sha256", join_type="left anti")
    rows = [
        {"shard": number, "row": row, **said}
        for number, row, said in _each(places, shards, _said_now, "describe")
        if said is not None
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
    with kept.writer() as writer:
        for _, _, row in _each(new, shards, _computed, "decode"):
            if row is not None:
                writer.append(row)
    return kept.described()


def _computed(content: bytes, sha256: str) -> Row | None:
    """Return what is computed of a photo; None if that may be another thing next time."""
    try:
        picture = decode(content, ENOUGH, grey=True)
    except OutsideLimits:  # the limits may change
        return None
    except UnusablePhoto:
        return {"sha256": sha256, "bare": _is_bare(content)}
    said, small = vars(describe_picture(picture)), reduced(picture.image)
    facts = measured(picture, small)._asdict()
    return {
        "sha256": sha256,
        **{name: said[name] for name in _SAID},
        **packed(look(small)),
        "facts": facts,
        "bare": _is_bare(content),
    }


def _is_bare(content: bytes) -> bool:
    try:
        found = bare(content)
    except UnusablePhoto:
        return False
    return found.content == content and not found.rights.refusal


def _said_now(content: bytes, _: str) -> Row | None:
    """Return what is said of a photo now, None if that is the same as before."""
    if is_plain_jpeg(content):
        return None
    try:
        said = vars(describe(content))
    except UnusablePhoto:
        return {}
    return {name: said[name] for name in _SAID}


def _each(
    places: pa.Table, shards: Sequence[Path], say: Callable[[bytes, str], Said], what: str
) -> Iterator[tuple[int, int, Said]]:
    """Yield shard, row and what is said of each photo in `places`: shard, row and sha256, in this order.

    Photos without bytes are passed over: they are counted where they are written.
    """
    numbers, rows = places["shard"].to_numpy(), places["row"].to_numpy()
    for number in np.unique(numbers).tolist():
        here = numbers == number
        sha256s = places["sha256"].filter(pa.array(here)).to_pylist()
        names = dict(zip(rows[here].tolist(), sha256s, strict=True))
        with (
            Progress(f"{what} {shards[number].name}", len(names), "photos") as progress,
            ThreadPoolExecutor(cores()) as pool,  # decoders let go of Python's lock
        ):
            for some, contents in _photos(shards[number], np.sort(rows[here])):
                said = pool.map(say, contents, [names[row] for row in some])
                yield from ((number, row, one) for row, one in zip(some, said, strict=True))
                progress.advance(len(some))


def _photos(path: Path, rows: np.ndarray) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield the photos in `rows` (N,) of a shard that have bytes: which rows, and these, by row group."""
    start = 0
    try:
        with Shard(path, IMAGES) as shard:
            for group in range(shard.num_row_groups):
                end = start + shard.metadata.row_group(group).num_rows
                chosen = (rows >= start) & (rows < end)
                if chosen.any():
                    photos = shard.read_row_group(group, columns=["sha256", "bytes"])
                    photos = photos.take(pa.array(rows[chosen] - start))
                    content = photos["bytes"]
                    check_contents(path, photos["sha256"], content)
                    filled = pc.fill_null(pc.greater(pc.binary_length(content), 0), False)
                    yield rows[chosen][filled.to_numpy()].tolist(), content.filter(filled).to_pylist()
                start = end
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
