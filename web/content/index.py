"""The index of a dataset: what the pages ask of it, in two Arrow files beside it, mapped into memory.

P photos, C captions; a photo's captions lie one after the other. `bokeru web` makes it, and makes it again
when the dataset has changed. All are columns: no Python object is made of a row before a page shows it.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from store.errors import DamagedFile
from store.manifest import NAME as MANIFEST
from store.place import INDEX
from store.register import arrow_file
from store.schema import CAPTION, PHOTOS
from store.shard_reader import Shard, unreadable
from store.whole_file import remove_leftovers

FORMAT = 3
"""Counts up when the files come to hold something else: those of another format are made again."""
BATCH = 8192
"""Photos that are read at a time, at the most."""
LEFT = 600.0
"""Seconds after which a temporary file is a killed process's: who is at work writes to it again and again."""
CAPTION_COLUMNS = ("boke_id", "odai_id", "text", "stars", "raters", "category", "posted", "url")
PHOTO_COLUMNS = (
    *("sha256", "width", "height", "phash", "odai_ids", "category", "labels", "group"),
    *("source", "licence", "credit"),
)
_READ = (
    *(*PHOTO_COLUMNS, "scores"),
    *(f"captions.list.element.{name}" for name in (*CAPTION_COLUMNS, "text_nfkc", "scores")),
)
_MADE_FROM, _CAPTIONS = b"made_from", b"captions"
_SCORES = PHOTOS.field("scores").type
PLACES = {"split": pa.string(), "shard": pa.int64(), "row_group": pa.int64(), "row": pa.int64()}
"""Where a photo's row is: the shard's number, its row group, the row in that."""
PHOTO_SCHEMA = pa.schema(
    [
        *(PHOTOS.field(name) for name in PHOTO_COLUMNS),
        *PLACES.items(),
        ("captions", pa.int64()),
        ("scores", _SCORES),
        ("by_sha256", pa.int64()),
    ]
)
"""A row per photo. `captions` counts its captions; `by_sha256` has the photos' numbers in the order of their
sha256."""
CAPTION_SCHEMA = pa.schema(
    [
        *(CAPTION.field(name) for name in CAPTION_COLUMNS),
        ("text_nfkc", pa.string()),
        ("characters", pa.int32()),
        ("scores", _SCORES),
    ]
)
"""A row per caption. `characters` counts those of its text."""
Report = Callable[[int, int], None]
"""Is told how many photos of how many are done."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Index:
    """The tables, and the shards that `shard` counts."""

    shards: list[Path]
    photos: pa.Table
    captions: pa.Table


def open_index(dataset: Path, report: Report) -> Index:
    """Return the index of a dataset, made anew where there is none of it as it is now.

    Args:
        dataset: the dataset's folder; the index lies beside it, in `index`.
        report: is called while it is made.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
    """
    shards = read.shards(dataset)
    made_from, directory = _version(dataset, shards), dataset.parent / INDEX
    if found := _found(directory, made_from):
        return Index(shards, *found)
    try:
        files = _made(directory, shards, made_from, report)
        if _version_now(dataset, shards) == made_from:
            _remove(directory, but=files)
            return Index(shards, *map(arrow_file.mapped, files))
    except (PermissionError, OSError) as error:
        if isinstance(error, DamagedFile | FileNotFoundError):
            raise
        log.warning(
            "%s cannot be written (%s): the index is kept in memory, and made again by the next start",
            directory,
            error.strerror or error,
        )
        captions: list[pa.RecordBatch] = []
        photos = _photos(shards, captions.append, report)
        return Index(shards, photos, pa.Table.from_batches(captions, CAPTION_SCHEMA))
    _remove(directory)  # of what was forgotten meanwhile, say: what is gone must not come back
    return open_index(dataset, report)


def _version(dataset: Path, shards: list[Path]) -> bytes:
    """Return what changes with the dataset: its manifest lists each file with its sha256."""
    digest = hashlib.sha256(f"{FORMAT}\n".encode() + (dataset / MANIFEST).read_bytes())
    for path in shards:  # a manifest of 0.1 does not list them all
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return digest.hexdigest().encode()


def _version_now(dataset: Path, shards: list[Path]) -> bytes | None:
    try:
        return _version(dataset, shards)
    except FileNotFoundError:  # another dataset takes its place
        return None


def _found(directory: Path, made_from: bytes) -> tuple[pa.Table, pa.Table] | None:
    """Return the tables that were made of this version; None where there are none, or damaged ones."""
    for path in sorted(directory.glob(f"[!.]*{arrow_file.SUFFIX}")):
        try:
            told = arrow_file.metadata(path)
            if told.get(_MADE_FROM) == made_from:
                files = path, directory / told[_CAPTIONS].decode()
                for file in files:
                    arrow_file.check(file)  # a wrong caption on a page would tell of nothing
                photos, captions = map(arrow_file.mapped, files)
                return photos, captions
        except (DamagedFile, OSError) as error:
            log.warning("%s It is made again.", error)
    return None


def _made(directory: Path, shards: list[Path], made_from: bytes, report: Report) -> tuple[Path, Path]:
    """Write the two files; return that of the photos, and that of the captions."""
    directory.mkdir(parents=True, exist_ok=True)
    remove_leftovers(directory, LEFT)
    photos: list[pa.Table] = []

    def captions() -> Iterator[pa.RecordBatch]:
        waiting: list[pa.RecordBatch] = []
        for table in _read_photos(shards, waiting.append, report):
            photos.append(table)
            yield from waiting
            waiting.clear()

    second = arrow_file.write(directory, "captions", CAPTION_SCHEMA, captions())
    schema = PHOTO_SCHEMA.with_metadata({_MADE_FROM: made_from, _CAPTIONS: second.name.encode()})
    return arrow_file.write(directory, "photos", schema, _ordered(photos).to_batches()), second


def _remove(directory: Path, but: Sequence[Path] = ()) -> None:
    """Delete the files but for some: who has mapped one keeps what it has."""
    for path in directory.glob(f"[!.]*{arrow_file.SUFFIX}"):
        if path not in but:
            path.unlink(missing_ok=True)


def _photos(shards: list[Path], take: Callable[[pa.RecordBatch], None], report: Report) -> pa.Table:
    return _ordered(list(_read_photos(shards, take, report)))


def _ordered(photos: list[pa.Table]) -> pa.Table:
    """Return all photos with the order of their sha256."""
    lacking = pa.schema([field for field in PHOTO_SCHEMA if field.name != "by_sha256"])
    whole = pa.concat_tables(photos or [lacking.empty_table()])
    order = pc.sort_indices(whole["sha256"]).cast(pa.int64())
    return whole.append_column("by_sha256", order).select(PHOTO_SCHEMA.names).cast(PHOTO_SCHEMA)


def _read_photos(
    shards: list[Path], take: Callable[[pa.RecordBatch], None], report: Report
) -> Iterator[pa.Table]:
    """Yield the photos of one shard after another, some thousand at a time; `take` gets their captions."""
    counts = [_rows(path) for path in shards]
    done = 0
    for number, path in enumerate(shards):
        split = path.name.split("-")[0]
        try:
            # Checksums, so that damage shows here and not as a wrong caption on a page.
            with Shard(path, PHOTOS) as shard:
                for groups in shard.together(BATCH):
                    rows = shard.read_row_groups(groups, columns=list(_READ))
                    sizes = [shard.metadata.row_group(group).num_rows for group in groups]
                    take(_captions(rows))
                    yield _rows_of_photos(rows, split, number, groups, sizes)
                    done += len(rows)
                    report(done, sum(counts))
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error


def _rows(path: Path) -> int:
    try:
        with Shard(path) as shard:
            return int(shard.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _captions(rows: pa.Table) -> pa.RecordBatch:
    """Return the captions of some photos as `CAPTION_SCHEMA` has them."""
    flat = pa.Table.from_struct_array(rows["captions"].combine_chunks().flatten())
    text = flat["text"]
    columns = {
        **{name: flat[name] for name in CAPTION_COLUMNS},
        # Early versions had no normal form.
        "text_nfkc": pc.coalesce(flat["text_nfkc"], text) if "text_nfkc" in flat.column_names else text,
        "characters": pc.fill_null(pc.utf8_length(text), 0),
        "scores": _column(flat, "scores", _SCORES),
    }
    table = pa.table([columns[name] for name in CAPTION_SCHEMA.names], CAPTION_SCHEMA.names)
    return _batch(table.cast(CAPTION_SCHEMA))


def _batch(table: pa.Table) -> pa.RecordBatch:
    whole = table.combine_chunks().to_batches()
    return whole[0] if whole else pa.RecordBatch.from_pylist([], table.schema)


def _rows_of_photos(rows: pa.Table, split: str, shard: int, groups: list[int], sizes: list[int]) -> pa.Table:
    """Return some photos as `PHOTO_SCHEMA` has them, but for their order."""
    within = np.concatenate([np.arange(size) for size in sizes])
    return pa.table(
        {
            **{name: _column(rows, name, PHOTOS.field(name).type) for name in PHOTO_COLUMNS},
            "split": pa.repeat(split, len(rows)),
            "shard": pa.repeat(shard, len(rows)),
            "row_group": np.repeat(groups, sizes),
            "row": within,
            "captions": pc.fill_null(pc.list_value_length(rows["captions"]), 0),
            "scores": _column(rows, "scores", _SCORES),
        }
    )


def _column(rows: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    """Return a column of photos or captions; nulls in a dataset of an earlier version, which lacks it."""
    if name in rows.column_names:
        return rows[name]
    return pa.chunked_array([pa.nulls(len(rows), kind)])
