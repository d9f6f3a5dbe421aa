"""Splits photos into train and dev: near copies share a group, and a hash of the group decides.

Photos get their side (group and split) in the order of their sha256, so that it does not matter when and in
which order they were fetched. A photo joins the group of the first photo that it is near to, or founds one. A
photo that is near to photos of both splits belongs to neither, and is left out. The split that an earlier
build recorded (`dataset.build.sides`) holds: those photos come first, and photos that come later move none.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset.options import DatasetOptions
from store.photo.near.copies import near_copies
from store.photo.near.kept import KeptLooks


class Side(NamedTuple):
    """A photo's group and split; None if it is near to photos of both splits."""

    group: str
    split: str | None


def split_of(group: str, key: str, dev_fraction: float) -> str:
    """Return `dev` for about `dev_fraction` of all groups, else `train`; always the same for one key."""
    [split] = splits_of([group], key, dev_fraction)
    return split


def splits_of(groups: Iterable[str], key: str, dev_fraction: float) -> list[str]:
    """Return the result of `split_of` for each group, faster than one by one."""
    # A digest is uniform below 2**64. The key is hashed once, and its state copied for each group.
    keyed = hashlib.blake2b(key=key.encode()[:64], digest_size=8)
    limit, splits = dev_fraction * 2**64, []
    for group in groups:
        digest = keyed.copy()
        digest.update(group.encode())
        splits.append("dev" if int.from_bytes(digest.digest(), "big") < limit else "train")
    return splits


def group_of(sha256: str) -> str:
    """Return the name of the group that a photo founds.

    It is a hash: after the photo is forgotten, its group's name must not reveal its sha256.
    """
    return hashlib.sha256(f"group:{sha256}".encode()).hexdigest()[:16]


def assign(
    connection: duckdb.DuckDBPyConnection, options: DatasetOptions, recorded: pa.Table, kept: KeptLooks
) -> None:
    """Make the table `side` (photo_id, group, split) from `photo` and from the sides that are `recorded`.

    Photos with neighbours are placed one after the other. Most have none: their order does not matter, and
    they are placed all at once.

    Args:
        recorded: sha256 and split, as `sides.recorded` returns them.
        kept: what the photos look like.
    """
    connection.from_arrow(recorded).create("recorded")
    photos = connection.sql("SELECT sha256 FROM photo").to_arrow_table()["sha256"].combine_chunks()
    near: defaultdict[str, list[str]] = defaultdict(list)
    for one, other in near_copies(kept, photos, options.near_duplicate_bits):
        near[one].append(other)
        near[other].append(one)
    # Python places only photos with neighbours; the others never leave DuckDB and Arrow.
    connection.from_arrow(pa.table({"sha256": pa.array(near, pa.string())})).create("near")
    connection.execute(_PLACED)
    close = connection.execute(_WITH_NEIGHBOURS).fetchall()
    known = {sha256: split for sha256, _, split in close if split}
    sides = sides_of((sha256 for sha256, *_ in close), near, known, options)
    placed = [[row[1] for row in close], [side.group for side in sides], [side.split for side in sides]]
    apart = connection.sql(_WITHOUT_NEIGHBOURS).to_arrow_table()
    is_new = apart["split"].is_null().combine_chunks()
    groups = apart["group"].filter(is_new).to_pylist()
    new_splits = pa.array(splits_of(groups, options.split_key, options.dev_fraction), pa.string())
    split = pc.replace_with_mask(apart["split"].combine_chunks(), is_new, new_splits)
    tables = [pa.table(placed, _SIDE), pa.table([apart["photo_id"], apart["group"], split], _SIDE)]
    connection.from_arrow(pa.concat_tables(tables)).create("side")


_SIDE = pa.schema([("photo_id", pa.int64()), ("group", pa.string()), ("split", pa.string())])
# Each photo with its recorded split, if any.
_PLACED = """
    CREATE TABLE placed AS
    SELECT sha256, photo_id, split, sha256 IN (FROM near) AS has_neighbours
    FROM photo LEFT JOIN recorded USING (sha256)"""
_WITH_NEIGHBOURS = """
    SELECT sha256, photo_id, split FROM placed WHERE has_neighbours
    ORDER BY split IS NULL, sha256"""
_WITHOUT_NEIGHBOURS = """
    SELECT photo_id, left(sha256('group:' || sha256), 16) AS "group", split
    FROM placed WHERE NOT has_neighbours"""


def sides_of(
    photos: Iterable[str],
    near: Mapping[str, Iterable[str]],
    known: Mapping[str, str],
    options: DatasetOptions,
) -> list[Side]:
    """Return the side of each photo, in the order given.

    Args:
        photos: their sha256, those with a known split first.
        near: the photos that are near to a photo.
        known: the splits that an earlier build recorded, by sha256.
    """
    sides: list[Side] = []
    placed: dict[str, tuple[int, Side]] = {}  # by sha256: order and side
    for order, sha256 in enumerate(photos):
        close = sorted(placed[other] for other in near.get(sha256, ()) if other in placed)
        side = _side(sha256, [side for _, side in close], known.get(sha256), options)
        sides.append(side)
        if side.split:
            placed[sha256] = order, side
    return sides


def _side(sha256: str, near: list[Side], known: str | None, options: DatasetOptions) -> Side:
    """Return the side of a photo; `near` are those of the photos near to it, the first one first."""
    if known:
        near = [side for side in near if side.split == known]  # a group is in one split
    if not near:
        group = group_of(sha256)
        return Side(group, known or split_of(group, options.split_key, options.dev_fraction))
    both = len({side.split for side in near}) > 1
    return Side(near[0].group, None if both else near[0].split)
