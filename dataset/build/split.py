"""The split: near-identical photos share a group, and a keyed hash of the group says train or dev.

Photos take their side in the order in which they were first seen, and never change it: a photo joins the
group of the oldest photo that it is near to, or founds a group, whose hash decides. A photo that is near to
photos of both sides belongs to neither and is left out. What an earlier dataset says of a photo holds, so
that photos that come later, with whatever date, move nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.options import DatasetOptions

SPLITS = read.SPLITS
SETTINGS = ("near_duplicate_bits", "dev_fraction", "split_key")
"""What the sides depend on: a dataset built with others says nothing about this one."""


class Side(NamedTuple):
    """A photo's group and split; no split where it is near to both."""

    group: str
    split: str | None


def split_of(group: str, key: str, dev_fraction: float) -> str:
    """Return `dev` for about `dev_fraction` of all groups, else `train`; the same for ever under one key."""
    [split] = splits_of([group], key, dev_fraction)
    return split


def splits_of(groups: Iterable[str], key: str, dev_fraction: float) -> list[str]:
    """Return what `split_of` returns of each of many groups, in less time."""
    keyed = hashlib.blake2b(key=key.encode()[:64], digest_size=8)
    limit, splits = dev_fraction * 2**64, []
    for group in groups:
        digest = keyed.copy()
        digest.update(group.encode())
        splits.append("dev" if int.from_bytes(digest.digest(), "big") < limit else "train")
    return splits


def group_of(sha256: str) -> str:
    """Return the name of the group that a photo founds; it does not tell the photo's sha256."""
    return hashlib.sha256(f"group:{sha256}".encode()).hexdigest()[:16]


def assign(connection: duckdb.DuckDBPyConnection, options: DatasetOptions, previous: Path) -> None:
    """Make the table `side` (photo_id, group, split) from `photo`, and from the dataset `previous`.

    Photos that are near to others are placed one after the other. Most are near to none: for them no order
    matters, and they are placed all at once.
    """
    connection.from_arrow(_recorded(previous, options)).create("recorded")
    near = near_pairs(connection, options.near_duplicate_bits)
    connection.from_arrow(pa.table({"phash": pa.array(near, pa.string())})).create("near")
    connection.execute(_PLACED)
    crowd = connection.execute(_CROWD).fetchall()
    known = {sha256: Side(group, split) for sha256, _, _, group, split in crowd if split}
    sides = sides_of(((sha256, phash) for sha256, phash, *_ in crowd), near, known, options)
    placed = [[row[2] for row in crowd], [side.group for side in sides], [side.split for side in sides]]
    alone = connection.sql(_ALONE).to_arrow_table()
    fresh = alone["split"].is_null().combine_chunks()
    groups = alone["group"].filter(fresh).to_pylist()
    drawn = pa.array(splits_of(groups, options.split_key, options.dev_fraction), pa.string())
    split = pc.replace_with_mask(alone["split"].combine_chunks(), fresh, drawn)
    tables = [pa.table(placed, _SIDE), pa.table([alone["photo_id"], alone["group"], split], _SIDE)]
    connection.from_arrow(pa.concat_tables(tables)).create("side")


_SIDE = pa.schema([("photo_id", pa.int64()), ("group", pa.string()), ("split", pa.string())])
_PLACED = """
    CREATE TABLE placed AS
    SELECT sha256, lower(phash) AS phash, photo_id, recorded."group", split, first_seen, coalesce(
        lower(phash) IN (
            SELECT lower(phash) FROM photo WHERE phash IS NOT NULL GROUP BY ALL HAVING count(*) > 1
            UNION ALL FROM near), false) AS crowded
    FROM photo LEFT JOIN recorded USING (sha256)"""
_CROWD = """
    SELECT sha256, phash, photo_id, "group", split FROM placed WHERE crowded
    ORDER BY split IS NULL, first_seen, sha256"""
_ALONE = """
    SELECT photo_id, coalesce("group", left(sha256('group:' || sha256), 16)) AS "group", split
    FROM placed WHERE NOT crowded"""


def sides_of(
    photos: Iterable[tuple[str, str | None]],
    near: Mapping[str, Iterable[str]],
    known: Mapping[str, Side],
    options: DatasetOptions,
) -> list[Side]:
    """Return the side of each photo, in the order given.

    Args:
        photos: sha256 and pHash, known photos first, then oldest first.
        near: for a pHash, the other ones that are near to it.
        known: sides that hold already, by sha256.
    """
    sides: list[Side] = []
    taken: dict[str, tuple[int, Side]] = {}  # by pHash: when it was taken, and by which side
    for order, (sha256, phash) in enumerate(photos):
        around = [taken[other] for other in (phash, *near.get(phash, ())) if other in taken] if phash else []
        side = known.get(sha256) or _join(sha256, around, options)
        sides.append(side)
        if phash and side.split and phash not in taken:
            taken[phash] = order, side
    return sides


def _join(sha256: str, around: list[tuple[int, Side]], options: DatasetOptions) -> Side:
    if not around:
        group = group_of(sha256)
        return Side(group, split_of(group, options.split_key, options.dev_fraction))
    oldest = min(around, key=lambda pair: pair[0])[1]
    both = len({side.split for _, side in around}) > 1
    return Side(oldest.group, None if both else oldest.split)


def near_pairs(connection: duckdb.DuckDBPyConnection, bits: int) -> dict[str, list[str]]:
    """Return, for each pHash in `photo`, the others that differ from it in at most `bits` bits.

    Two hashes that differ in b bits are equal in one of b + 1 blocks: so only those that share a block are
    compared, and the work grows with the photos, not with their square.
    """
    blocks = bits + 1
    width = -(-64 // blocks)
    mask = (1 << width) - 1
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE hash AS SELECT DISTINCT lower(phash) AS phash, "
        "('0x' || phash)::UBIGINT AS bits FROM photo WHERE regexp_full_match(phash, '[0-9a-fA-F]{16}')"
    )
    cut = " UNION ALL ".join(
        f"SELECT phash, bits, {block} AS block, (bits >> {block * width}) & {mask} AS part FROM hash"
        for block in range(blocks)
    )
    pairs = connection.execute(f"""
        WITH cut AS ({cut})
        SELECT DISTINCT a.phash, b.phash FROM cut a JOIN cut b USING (block, part)
        WHERE a.bits < b.bits AND bit_count(xor(a.bits, b.bits)) <= {bits}""").fetchall()
    near: defaultdict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        near[one].append(other)
        near[other].append(one)
    return near


def _recorded(previous: Path, options: DatasetOptions) -> pa.Table:
    """Return the sides (sha256, group, split) that an earlier dataset recorded under the same settings."""
    none = pa.schema([("sha256", pa.string()), ("group", pa.string()), ("split", pa.string())]).empty_table()
    if not read.is_complete(previous):
        return none
    settings = read.settings(previous)
    if any(settings.get(name) != getattr(options, name) for name in SETTINGS):
        return none
    return read.photos(previous).select(none.column_names)
