"""Reads a dataset: captions and photo columns without the photos' bytes, and bytes of chosen photos."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dataset.describe.warnings import warnings
from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile, MissingStage
from store.manifest import NAME as MANIFEST
from store.manifest import listed, read_manifest
from store.photo.keys import check_contents
from store.place import Place
from store.register.kinds import DATASET_SHARDS
from store.schema import CAPTION, PHOTOS
from store.shard_reader import Shard, completed, unreadable
from store.shards import shard_paths
from store.whole_file import read_object

SPLITS = ("train", "dev")
ROWS = 4096
"""Photos whose captions are in memory at once, where they are read one after the other."""
PHOTO = ("sha256", "image_sha256", "image.bytes")
"""The columns to read where photos are; a dataset of an earlier version may lack the second."""
T = TypeVar("T")
_OF_PHOTOS = tuple(name for name in PHOTOS.names if name not in ("image", "captions"))


def is_complete(directory: Path) -> bool:
    """Tell whether there is a dataset, and every shard that its manifest lists has its full size."""
    try:
        manifest = read_manifest(directory)
        files = {} if manifest is None else listed(directory, manifest)
    except DamagedFile:
        return False
    sizes = {directory / name: entry.bytes for name, entry in files.items() if name.endswith(".parquet")}
    return bool(sizes) and all(path.is_file() and path.stat().st_size == size for path, size in sizes.items())


def shards(directory: Path, split: str | None = None) -> list[Path]:
    """Return the shards of one split, or of both.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard is cut short or lacks a column.
    """
    paths = [
        path
        for name in (SPLITS if split is None else (split,))
        for path in shard_paths(shards_folder(directory), PHOTOS, f"{name}-*-of-*.parquet")
    ]
    if not paths or not (directory / MANIFEST).exists():
        raise MissingStage(directory, Place.of(directory).command("dataset"))
    return paths


def shards_folder(directory: Path) -> Path:
    """Return the folder of the shards; in 0.1 they lay in the dataset's own."""
    return directory if older_layout(directory) else directory / DATASET_SHARDS


def older_layout(directory: Path) -> str | None:
    """Return a line that says so where the dataset lies as 0.1 left it; None where it does not."""
    now, older = ((directory / folder).glob("[!.]*-of-*.parquet") for folder in (DATASET_SHARDS, ""))
    if any(now) or not any(older):
        return None
    return (
        f"{directory} has an older layout: its shards lie beside the card, not in {DATASET_SHARDS}/. "
        f"It is read as it is; to build it anew, run: {Place.of(directory).command('dataset')}"
    )


def photos(directory: Path, split: str | None = None, columns: Sequence[str] = _OF_PHOTOS) -> pa.Table:
    """Return a row per photo: `columns` (by default all of PHOTOS but `image` and `captions`) and `split`."""
    tables = []
    for path in shards(directory, split):
        table = _read(path, list(columns))
        tables.append(
            table.append_column("split", pa.array([path.name.split("-")[0]] * len(table), pa.string()))
        )
    return pa.concat_tables(tables)


def captions(directory: Path, split: str | None = None) -> pa.Table:
    """Return a row per caption: photos in file order, a photo's captions by falling stars.

    Columns: `sha256` and `labels` of the photo, then the fields of a caption (boke_id, odai_id, text,
    tokens, stars, …).
    """
    return pa.concat_tables(caption_tables(directory, split))


def caption_tables(directory: Path, split: str | None = None) -> Iterator[pa.Table]:
    """Yield the same as `captions`, of some thousand photos at a time: not all need be in memory."""
    for table in _batches(shards(directory, split), ["sha256", "labels", "captions"]):
        lists = table["captions"].combine_chunks()
        photo = table.select(["sha256", "labels"]).take(pc.list_parent_indices(lists))
        columns = dict(zip(CAPTION.names, lists.flatten().flatten(), strict=True))
        yield pa.table({"sha256": photo["sha256"], "labels": photo["labels"], **columns})


def photo_bytes(directory: Path, sha256s: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield sha256 and bytes of photos (by default all), with one row group in memory at a time.

    They come in file order, whatever the order of `sha256s`. The bytes of row groups without any of them are
    not read.
    """
    chosen = None if sha256s is None else pa.array(set(sha256s), pa.string())
    for path in shards(directory):
        with Shard(path, PHOTOS) as shard:
            for group in range(shard.num_row_groups):
                names = shard.read_row_group(group, columns=["sha256"])["sha256"]
                if chosen is not None and not pc.any(pc.is_in(names, chosen)).as_py():
                    continue
                table = _damaged_if_unreadable(
                    path, lambda g=group, s=shard: s.read_row_group(g, columns=PHOTO)
                )
                if chosen is not None:
                    table = table.filter(pc.is_in(table["sha256"], chosen))
                for sha256, content in zip(table["sha256"], photo_contents(path, table), strict=True):
                    yield sha256.as_py(), content.as_py()


def photo_contents(path: Path, photos: pa.Table) -> pa.Array:
    """Return the bytes of photos (n,), of a table with the columns PHOTO, which are held to their SHA-256.

    Raises:
        DamagedFile: the shard `path` holds other bytes.
    """
    contents = pc.struct_field(photos["image"], "bytes")
    keys = photos["sha256"]  # in 0.1 all photos were kept as they were fetched
    if "image_sha256" in photos.column_names:
        keys = pc.coalesce(photos["image_sha256"], keys)
    check_contents(path, keys, contents)
    return contents


def vocabulary(directory: Path) -> Vocabulary:
    """Return the dataset's vocabulary."""
    shards(directory)
    return Vocabulary.load(directory / "vocabulary.json")


def statistics(directory: Path) -> dict[str, Any]:
    """Return the dataset's figures, as in statistics.json."""
    shards(directory)
    return _present(read_object, directory / "statistics.json")


def manifest(directory: Path) -> dict[str, Any]:
    """Return the manifest: fingerprint, settings, crawls, sources and files."""
    shards(directory)
    return dict(read_manifest(directory) or {})


def settings(directory: Path) -> dict[str, Any]:
    """Return the settings that the dataset was built with: `tokenizer` and the rest of DatasetOptions."""
    found = manifest(directory).get("settings")
    if not isinstance(found, dict):
        raise DamagedFile(directory / MANIFEST, "it has no settings")
    return found


def summary(directory: Path) -> str:
    """Return what is told of a build: photos and captions by split, what filters left out, and warnings."""
    figures = statistics(directory)
    splits = (f"{s} {f['photos']:,} photos, {f['captions']:,} captions" for s, f in figures["splits"].items())
    left_out = (f"{name} {count:,}" for name, count in figures["filters"].items() if count)
    lines = [f"dataset: {'; '.join(splits)}", f"         left out: {', '.join(left_out) or 'nothing'}"]
    return "\n".join([*lines, *(f"         warning: {warning}" for warning in warnings(figures))])


def floor(directory: Path, *, known: bool = False) -> dict[str, float | None] | None:
    """Return the least loss that any model can reach, in nats per token by split; None if it is not told.

    It is told where the captions come from the embedded site's grammar.

    Args:
        known: of the tokens alone that the vocabulary has; datasets of earlier versions do not tell that.
    """
    path = directory / "floor.json"
    try:
        figures = read_object(path)
        if known:
            figures = figures.get("known") or dict.fromkeys(SPLITS)
        return {split: figures[split] for split in SPLITS}
    except FileNotFoundError:
        return None
    except KeyError as error:
        raise DamagedFile(path, f"it has no {error}") from None


def _present(read: Callable[[Path], T], path: Path) -> T:
    try:
        return read(path)
    except FileNotFoundError:
        raise DamagedFile(path, "it is missing") from None


def _read(path: Path, columns: list[str]) -> pa.Table:
    return _damaged_if_unreadable(path, lambda: _columns(path, columns))


def _batches(paths: Sequence[Path], columns: list[str]) -> Iterator[pa.Table]:
    """Yield columns of shards, at least one table for each."""
    wanted = pa.schema([PHOTOS.field(name) for name in columns])
    for path in paths:
        try:
            with Shard(path, PHOTOS) as shard:
                empty = completed(shard.schema_arrow.empty_table().select(columns), wanted)
                yield empty
                for batch in shard.iter_batches(ROWS, columns=columns):
                    yield completed(pa.Table.from_batches([batch]), wanted)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error


def _columns(path: Path, columns: list[str]) -> pa.Table:
    wanted = pa.schema([PHOTOS.field(name) for name in columns])
    with Shard(path, PHOTOS) as shard:
        return completed(shard.read(columns), wanted)


def _damaged_if_unreadable(path: Path, read):  # type: ignore[no-untyped-def]
    try:
        return read()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
