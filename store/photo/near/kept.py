"""Keeps what photos look like, and what the decoder says of them, by sha256: `data/<pipeline>/photos`.

So a photo is decoded once for all builds. Files that another version of the decoder or of `look` wrote count
for nothing, and go when the next ones come.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.photo.near import look as looks
from store.photo.near.look import SMALL
from store.photo.near.packed import VIEW
from store.schema import DECODER, LOOKS, decoder_of
from store.shard_reader import Shard, unreadable
from store.shards import ShardLimits, ShardWriter, read_schema, whole_parquet

NAME = "photos"
"""The folder, beside the crawl, and what the names of its files begin with."""
_VERSION = b"look"
_LIMITS = ShardLimits(rows=20_000, row_group_rows=500)
_MOST_FILES = 20
"""More files than these are made one."""


class Views(NamedTuple):
    """The views of N photos, V of them.

    Args:
        sha256: (N,) of the photos.
        photo: (V,) int, whose view each is: a place in `sha256`.
        hash, box, pose, asks: (V,), (V, 4), (V, 3), (V,): as `store.photo.near.look.View` has them.
    """

    sha256: pa.StringArray
    photo: np.ndarray
    hash: np.ndarray
    box: np.ndarray
    pose: np.ndarray
    asks: np.ndarray


class KeptLooks:
    """The looks of a pipeline's photos.

    Args:
        folder: `data/<pipeline>/photos`; it may be missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def described(self) -> pa.Table:
        """Return sha256, width, height, pHash, facts and `bare` of all photos.

        Nulls, but for `bare`, stand for what cannot be used.

        Raises:
            DamagedFile: a file cannot be read.
        """
        return self._read(["sha256", "width", "height", "phash", "facts", "bare"])

    def rows(self, among: pa.Array) -> pa.Table:
        """Return all that is kept of some photos, by their sha256; rows of LOOKS.

        Raises:
            DamagedFile: a file cannot be read.
        """
        tables = [LOOKS.empty_table().replace_schema_metadata()]
        for path in self._paths():
            with _reading(path) as shard:
                for group in range(shard.num_row_groups):  # all small copies together may be gigabytes
                    names = shard.read_row_group(group, columns=["sha256"])["sha256"]
                    if pc.any(chosen := pc.is_in(names, among)).as_py():
                        tables.append(shard.read_row_group(group).filter(chosen).replace_schema_metadata())
        return pa.concat_tables(tables)

    def views(self, among: pa.Array) -> Views:
        """Return the views of photos.

        Args:
            among: the sha256 of the photos; those that are not kept have no views.
        """
        table = self._read(["sha256", "views"])
        table = table.filter(pc.is_in(table["sha256"], among)).drop_null().sort_by("sha256")
        sha256 = table["sha256"].combine_chunks()
        packed_views = table["views"].combine_chunks()
        views = np.frombuffer(b"".join(packed_views.to_pylist()), VIEW)
        counts = pc.binary_length(packed_views).to_numpy(zero_copy_only=False) // VIEW.itemsize
        photo = np.repeat(np.arange(len(counts)), counts)
        return Views(sha256, photo, *(np.ascontiguousarray(views[name]) for name in VIEW.names or ()))

    def small(self, sha256s: pa.Array) -> np.ndarray:
        """Return the small copies of photos that are kept, (N, SMALL, SMALL) uint8, in the order given."""
        found = np.zeros((len(sha256s), SMALL, SMALL), np.uint8)
        for path in self._paths():
            with _reading(path) as shard:
                for group in range(shard.num_row_groups):
                    names = shard.read_row_group(group, columns=["sha256"])["sha256"]
                    places = pc.index_in(names, sha256s)
                    if places.null_count == len(places):
                        continue
                    rows = shard.read_row_group(group, columns=["small"])["small"].filter(places.is_valid())
                    pixels = np.frombuffer(b"".join(rows.to_pylist()), np.uint8)
                    found[places.drop_null().to_numpy()] = pixels.reshape(-1, SMALL, SMALL)
        return found

    @contextmanager
    def writer(self) -> Iterator[ShardWriter]:
        """Yield a writer for rows of photos that are not kept yet."""
        for path in set(self._folder.glob("[!.]*.parquet")).difference(self._paths()):
            path.unlink()
        schema = LOOKS.with_metadata({**(LOOKS.metadata or {}), _VERSION: str(looks.VERSION).encode()})
        with ShardWriter(self._folder, NAME, schema, _LIMITS) as writer:
            yield writer
        if len(paths := self._paths()) > _MOST_FILES:
            self._merge(paths, schema)

    def _merge(self, paths: Sequence[Path], schema: pa.Schema) -> None:
        # The last file's name: a kill before the others are gone leaves rows twice, which does no harm.
        with whole_parquet(paths[-1], schema) as writer:
            for path in paths:
                with _reading(path) as shard:
                    for group in range(shard.num_row_groups):
                        writer.write_table(shard.read_row_group(group).cast(schema))
        for path in paths[:-1]:
            path.unlink()

    def _paths(self) -> list[Path]:
        return [path for path in sorted(self._folder.glob("[!.]*.parquet")) if _is_of_today(path)]

    def _read(self, columns: list[str]) -> pa.Table:
        tables = [LOOKS.empty_table().select(columns).replace_schema_metadata()]
        for path in self._paths():
            with _reading(path) as shard:
                tables.append(shard.read(columns=columns).replace_schema_metadata())
        return pa.concat_tables(tables)


@contextmanager
def _reading(path: Path) -> Iterator[Shard]:
    try:
        with Shard(path, LOOKS) as shard:
            yield shard
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _is_of_today(path: Path) -> bool:
    schema = read_schema(path)
    version = (schema.metadata or {}).get(_VERSION)
    return decoder_of(schema) == DECODER and version == str(looks.VERSION).encode()
