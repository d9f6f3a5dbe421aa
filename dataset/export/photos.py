"""A dataset's photos, row by row, as exports take them: with a file name and plain values."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataset import read
from store.photo.containers import claimed_format
from store.progress import Progress
from store.schema import PHOTOS
from store.shard_reader import Shard, completed, unreadable

Photo = dict[str, Any]
"""A row of PHOTOS as plain values."""


def photos(dataset: Path, split: str) -> Iterator[Photo]:
    """Yield the rows of a split with bytes and captions; one row group is in memory at a time.

    Raises:
        DamagedFile: a shard cannot be read.
    """
    shards = read.shards(dataset, split)
    total = sum(pq.read_metadata(path).num_rows for path in shards)
    with Progress(f"export {split}", total, "photos") as progress:
        for path in shards:
            with Shard(path, PHOTOS) as shard:
                for group in range(shard.num_row_groups):
                    try:
                        rows = completed(shard.read_row_group(group), PHOTOS)
                    except (pa.ArrowException, OSError) as error:
                        raise unreadable(path, error) from error
                    read.photo_contents(path, rows)
                    for photo in rows.to_pylist():
                        yield photo
                        progress.advance()


def suffix(photo: Photo) -> str:
    """Return the ending that a photo's file should have, told by its content: `jpg`, `png`, `webp`."""
    claimed = claimed_format(photo["image"]["bytes"])
    return {None: "bin", "JPEG": "jpg"}.get(claimed, str(claimed).lower())


def name(photo: Photo) -> str:
    """Return a photo's file name. It has no folders: a hostile dataset's could lead out of the export."""
    return f"{PurePosixPath(photo['sha256']).name}.{suffix(photo)}"


def to_json(value: Any) -> str:
    """Return a value as one line of JSON, with dates in ISO 8601."""
    return json.dumps(value, ensure_ascii=False, default=lambda time: time.isoformat())
