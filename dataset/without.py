"""Writes a dataset's tables without what is forgotten: files that hold none of it are linked, not written.

Which files hold it the columns of their keys tell: no photo's bytes are read for that.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.build.shards.captions import CaptionsTable
from dataset.describe.hub import schema_metadata
from store.errors import DamagedFile
from store.forget.content import Content
from store.progress import Progress
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS
from store.schema import CAPTIONS, PHOTOS, decoder_of
from store.shard_reader import Shard, completed, unreadable
from store.shards import read_schema, shard_paths, whole_parquet

_KEYS = ("sha256", "odai_ids", "odai_id", "boke_id", "text")
"""The columns, and fields of a caption, that tell what a row is of."""
Cut = Callable[[pa.Table, Content], pa.Table]
"""Returns rows without what is forgotten; the same table where they hold none of it."""


@dataclass
class Part:
    """A file of a table.

    Args:
        path: where it is now.
        rows: how many stay.
        groups: the row groups that hold what is forgotten.
        is_todays: it has the columns, types and metadata that are written today; else it is written again.
    """

    path: Path
    rows: int = 0
    groups: set[int] = field(default_factory=set)
    is_todays: bool = True

    @property
    def stays(self) -> bool:
        """Whether the file is not written again."""
        return self.is_todays and not self.groups


def photos_without(photos: pa.Table, content: Content) -> pa.Table:
    """Return photos without those of `content`, its captions and odai; who has no caption left goes, too.

    Args:
        photos: sha256, odai_ids, captions (with odai_id, boke_id and text), and whatever else of PHOTOS.
    """
    lists = photos["captions"].combine_chunks()
    captions, parents = lists.flatten(), pc.list_parent_indices(lists)
    keys = {name: captions.field(name) for name in ("odai_id", "boke_id", "text")}
    gone = content.includes(pa.table({"sha256": photos["sha256"].take(parents), **keys})).combine_chunks()
    odai = photos["odai_ids"].combine_chunks()
    is_gone_odai = pc.is_in(odai.flatten(), pa.array(content.odai_ids, pa.int64()))
    if not (pc.any(gone).as_py() or pc.any(is_gone_odai).as_py()):
        return photos
    for name, left in (("captions", pc.invert(gone)), ("odai_ids", pc.invert(is_gone_odai))):
        place = photos.column_names.index(name)
        photos = photos.set_column(place, photos.schema.field(name), _of_lists(photos[name], left))
    return photos.filter(pc.greater(pc.list_value_length(photos["captions"]), 0))


def _of_lists(column: pa.ChunkedArray, left: pa.Array) -> pa.ListArray:
    """Return lists with those of their values that are `left`."""
    lists = column.combine_chunks()
    parents = pc.list_parent_indices(lists).filter(left).to_numpy()
    ends = np.cumsum(np.bincount(parents, minlength=len(lists)))
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    mask = lists.is_null() if lists.null_count else None
    return pa.ListArray.from_arrays(offsets, lists.flatten().filter(left), lists.type, mask=mask)


def captions_without(captions: pa.Table, content: Content) -> pa.Table:
    """Return captions, with at least sha256, odai_id, boke_id and text, without those of `content`."""
    gone = content.includes(captions)
    return captions.filter(pc.invert(gone)) if pc.any(gone).as_py() else captions


def holds(dataset: Path, content: Content, split: str) -> bool:
    """Tell whether captions or photos of a split belong to `content`."""
    schema = _photos_schema
    return any(
        _part(path, schema(path), photos_without, content).groups for path in read.shards(dataset, split)
    )


def photo_parts(dataset: Path, content: Content) -> dict[str, list[Part]]:
    """Return the shards of each split, with what `content` they hold."""
    return {
        split: [
            _part(path, _photos_schema(path), photos_without, content) for path in read.shards(dataset, split)
        ]
        for split in read.SPLITS
    }


def write_photos(parts: dict[str, list[Part]], new: Path, content: Content) -> dict[Path, Path]:
    """Write or link the shards of photos into the dataset `new`; return which new ones are links to which."""
    return _write(parts, new / DATASET_SHARDS, _photos_schema, photos_without, content)


def write_captions(dataset: Path, new: Path, content: Content) -> dict[Path, Path]:
    """Write or link the slim table, as `write_photos` does; one that is lacking or older is made anew."""
    paths = {
        split: shard_paths(dataset / DATASET_CAPTIONS, CAPTIONS, f"{split}-*.parquet")
        for split in read.SPLITS
    }
    parts = {
        split: [_part(path, _slim_schema(path), captions_without, content) for path in of_split]
        for split, of_split in paths.items()
    }
    if all(some and all(part.is_todays for part in some) for some in parts.values()):
        return _write(parts, new / DATASET_CAPTIONS, _slim_schema, captions_without, content)
    with CaptionsTable(new) as table:
        for split in read.SPLITS:
            for photos in without_bytes(new, split):
                table.add({split: photos})
    return {}


def without_bytes(dataset: Path, split: str) -> Iterator[pa.Table]:
    """Yield the photos of a split with all columns of PHOTOS but image, some at a time."""
    wanted = pa.schema([field for field in PHOTOS if field.name != "image"])
    for path in sorted((dataset / DATASET_SHARDS).glob(f"{split}-*.parquet")):
        with Shard(path, PHOTOS) as shard:
            for groups in shard.together():
                yield completed(_read(path, shard, groups, wanted.names), wanted)


def _read(path: Path, shard: Shard, groups: list[int], columns: Sequence[str] | None = None) -> pa.Table:
    try:
        return shard.read_row_groups(groups, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _part(path: Path, schema: pa.Schema, cut: Cut, content: Content) -> Part:
    """Return what a file holds of `content`, told by its keys alone."""
    found = read_schema(path)
    is_todays = found.equals(schema) and found.metadata == schema.metadata
    part = Part(path, is_todays=is_todays)
    with Shard(path, schema) as shard:
        keys = _leaves(shard)
        for groups in shard.together():
            rows = _read(path, shard, groups, keys)
            kept = cut(rows, content)
            part.rows += len(kept)
            if kept is rows:
                continue
            first = 0
            for group in groups:
                size = shard.metadata.row_group(group).num_rows
                own = rows.slice(first, size)
                if cut(own, content) is not own:
                    part.groups.add(group)
                first += size
    return part


def _leaves(shard: Shard) -> list[str]:
    """Return the Parquet columns of the keys, however its writer calls the items of a list."""
    paths = [shard.schema.column(number).path for number in range(len(shard.schema))]
    return [
        path
        for path in paths
        if path.partition(".")[0] in _KEYS
        or (path.startswith("captions.") and path.rpartition(".")[2] in _KEYS)
    ]


def _photos_schema(path: Path) -> pa.Schema:
    """Return the schema that a shard of photos has today, with the decoder that described this one's."""
    decoder = str(decoder_of(read_schema(path)))
    return PHOTOS.with_metadata({"huggingface": schema_metadata(PHOTOS), "decoder": decoder})


def _slim_schema(_: Path) -> pa.Schema:
    return CAPTIONS.with_metadata({"huggingface": schema_metadata(CAPTIONS)})


def _write(
    parts: dict[str, list[Part]],
    folder: Path,
    schema: Callable[[Path], pa.Schema],
    cut: Cut,
    content: Content,
) -> dict[Path, Path]:
    """Write or link the files of a table; those without a row go, but for the only one of a split."""
    folder.mkdir()
    links: dict[Path, Path] = {}
    for split, of_split in parts.items():
        kept = [part for part in of_split if part.rows] or of_split[:1]
        for number, part in enumerate(kept):
            path = folder / f"{split}-{number:05d}-of-{len(kept):05d}.parquet"
            if part.stays:
                link(part.path, path)
                links[path] = part.path
            else:
                _rewrite(part, path, schema(part.path), cut, content)
    return links


def link(path: Path, new: Path) -> None:
    """Give a file a second name; where the file system has none, copy it."""
    with suppress(OSError):
        os.link(path, new)
        return
    shutil.copy2(path, new)


def _rewrite(part: Part, path: Path, schema: pa.Schema, cut: Cut, content: Content) -> None:
    label = f"forget {part.path.name}"
    with (
        Shard(part.path, schema) as shard,
        whole_parquet(path, schema) as writer,
        Progress(label, shard.metadata.num_rows, "rows") as progress,
    ):
        for group in range(shard.num_row_groups):
            rows = _read(part.path, shard, [group])
            progress.advance(len(rows))
            if group in part.groups:
                rows = cut(rows, content)
            if len(rows):  # `datasets` fails on row groups without rows
                writer.write_table(_with_digests(part.path, completed(rows, schema)))


def _with_digests(path: Path, rows: pa.Table) -> pa.Table:
    """Return rows with the sha256 of the photos' bytes, which those of an earlier version lack."""
    if "image" not in rows.column_names or not rows["image_sha256"].null_count:
        return rows
    images = rows["image"].combine_chunks().field("bytes")
    if images.null_count:
        raise DamagedFile(path, "a photo has no bytes")
    digests = [sha256(content.as_buffer()).hexdigest() for content in images]
    place = rows.column_names.index("image_sha256")
    return rows.set_column(place, "image_sha256", pa.array(digests, pa.string()))
