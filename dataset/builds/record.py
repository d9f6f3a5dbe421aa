"""Keeps what each of the last builds took and left out: `builds/<fingerprint>.parquet` beside the dataset."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset import read
from dataset.builds import left_out
from store.errors import DamagedFile
from store.manifest import read_manifest
from store.place import Place
from store.register.kinds import DATASET_CAPTIONS
from store.schema import BUILDS, CAPTIONS
from store.shard_reader import Shard
from store.shards import read_schema, shard_paths, whole_parquet
from store.whole_file import TEMPORARY, publish, remove_leftovers

FOLDER = "builds"
KEPT = 10
"""So many builds are kept: the oldest goes when another is added."""
BUILT = b"built"
"""The file's metadata tell when, as ISO 8601: a copy of a file has another time."""
_HOST = "^(?:https?:)?//(?P<host>[^/]+)"
_CAPTION = ("boke_id", "odai_id", "text", "url")
_ROWS = 50_000
"""About so many rows are read at once."""


@dataclass(frozen=True)
class Build:
    """One of the builds that are kept.

    Args:
        fingerprint: of what it was made from: the file's name.
        built: when.
    """

    path: Path
    fingerprint: str
    built: str


class Rows:
    """Takes the rows of a build: a row a caption, in no order.

    Captions that are forgotten are not among them, see `left_out`.
    """

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema

    def add(self, split: str, captions: pa.Table) -> None:
        """Add captions that a build took: a row each, with at least `sha256` and _CAPTION."""
        self._add(captions, split=pa.repeat(split, len(captions)))

    def add_left_out(self, dataset: Path) -> None:
        """Add what a dataset left out.

        Raises:
            DamagedFile: a file of it cannot be read.
        """
        for path in left_out.paths(dataset):
            for group in _groups(path):
                self._add(group, filter=group["filter"])

    def _add(self, captions: pa.Table, **told: pa.Array) -> None:
        columns = {name: captions[name] for name in _CAPTION}
        self._writer.write_table(_keys(captions["sha256"], columns, **told).cast(self._schema))


@contextmanager
def writing(path: Path) -> Iterator[Rows]:
    """Yield what takes the rows of a build; the file appears, whole, when the block ends well."""
    schema = BUILDS.with_metadata({BUILT: datetime.now(UTC).isoformat().encode()})
    with whole_parquet(path, schema) as writer:
        yield Rows(writer, schema)


def write(dataset: Path, path: Path) -> None:
    """Write what a dataset that is there took and left out to `path`, out of core.

    Raises:
        DamagedFile: a shard of the dataset cannot be read.
    """
    with writing(path) as rows:
        for split in read.SPLITS:
            for captions in _captions(dataset, split):
                rows.add(split, captions)
        rows.add_left_out(dataset)


def _captions(dataset: Path, split: str) -> Iterator[pa.Table]:
    """Yield the captions of a split with their photos: from the slim table, which an older dataset lacks."""
    if slim := shard_paths(dataset / DATASET_CAPTIONS, CAPTIONS, f"{split}-*.parquet"):
        for path in slim:
            yield from _groups(path)
        return
    for path in read.shards(dataset, split):
        for group in _groups(path):
            lists = group["captions"].combine_chunks()
            captions = {name: pc.struct_field(lists.flatten(), name) for name in _CAPTION}
            yield pa.table({"sha256": group["sha256"].take(pc.list_parent_indices(lists)), **captions})


def _groups(path: Path) -> Iterator[pa.Table]:
    """Yield some row groups at a time, without photos and what rows do not need of captions."""
    try:
        with Shard(path) as shard:
            leaves = [shard.schema.column(number).path for number in range(len(shard.schema))]
            columns = [leaf for leaf in leaves if leaf.rpartition(".")[2] in ("sha256", "filter", *_CAPTION)]
            at_once = max(1, _ROWS * shard.num_row_groups // max(shard.metadata.num_rows, 1))
            for first in range(0, shard.num_row_groups, at_once):
                groups = range(first, min(first + at_once, shard.num_row_groups))
                yield shard.read_row_groups(list(groups), columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, str(error).splitlines()[0]) from error


def _keys(photos: pa.ChunkedArray, captions: Mapping[str, pa.Array], **told: pa.Array) -> pa.Table:
    """Return rows of BUILDS; `told` is split or filter."""
    nothing = pa.nulls(len(photos), pa.string())
    number, text = captions["boke_id"], captions["text"]
    columns = {
        "sha256": photos,
        "host": pc.struct_field(pc.extract_regex(captions["url"], _HOST), "host"),
        "boke_id": number,
        "odai_id": captions["odai_id"],
        "text": pc.if_else(pc.is_null(number), text, pa.scalar(None, pa.string())),
    }
    return pa.table({**dict.fromkeys(BUILDS.names, nothing), **columns, **told})


def path_of(dataset: Path, fingerprint: str) -> Path:
    """Return where the rows of a build of `dataset` are kept."""
    return Place.of(dataset).directory / FOLDER / f"{fingerprint}.parquet"


@contextmanager
def pending(dataset: Path, fingerprint: str) -> Iterator[Path]:
    """Yield where the rows of a build are until it has taken its place; what is left there is removed."""
    path = path_of(dataset, fingerprint)
    remove_leftovers(path.parent)
    try:
        yield path.with_name(f"{TEMPORARY}{path.name}")
    finally:
        remove_leftovers(path.parent)


def keep(dataset: Path, fingerprint: str, rows: Path) -> None:
    """Give the rows of a build that took its place their name, and remove those of the oldest beyond KEPT."""
    publish(rows, path_of(dataset, fingerprint))
    for build in builds(dataset)[:-KEPT]:
        build.path.unlink()


def builds(dataset: Path) -> list[Build]:
    """Return the builds of a dataset that are kept, the oldest first.

    Raises:
        DamagedFile: one cannot be read.
    """
    found = []
    for path in (Place.of(dataset).directory / FOLDER).glob("[!.]*.parquet"):
        built = (read_schema(path).metadata or {}).get(BUILT, b"").decode()
        found.append(Build(path, path.stem, built))
    return sorted(found, key=lambda build: (build.built, build.fingerprint))


def last(dataset: Path) -> str | None:
    """Return the fingerprint of the build that `dataset` is; None if there is none."""
    manifest = read_manifest(dataset) if read.is_complete(dataset) else None
    return str(manifest["fingerprint"]) if manifest else None
