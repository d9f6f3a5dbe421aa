"""Merges small files of a crawl into large ones: a polite crawl writes 2,880 of each table a day.

The new file names those whose place it takes, see `store.replacing.files`: a kill at any moment neither loses
nor doubles what they hold. Rows and records pass a row group, or a piece, at a time.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crawler.archive.index import damaged
from crawler.archive.writer import first_record
from crawler.memory.mirror import Mirror
from store.errors import DamagedFile
from store.register.listed import list_files, missing, take_out, unlist
from store.register.stages import Stage
from store.replacing.files import KEY, remove_replaced, replaced_by
from store.schema import decoder_of
from store.shard_reader import unreadable
from store.shards import ShardLimits, read_schema, stamp, whole_parquet
from store.warc import read as warc
from store.whole_file import whole_file

_LOG = logging.getLogger(__name__)
SMALL = 32 * 2**20
"""Bytes. Files under this are merged."""
LARGEST = 256 * 2**20
"""Bytes. They are merged into files of up to this."""

ARCHIVE = "archive/*.warc.gz"
PATTERNS = ("pages/*.parquet", "images/*.parquet", "left_out/*.parquet", ARCHIVE)
MENDED = "a page that was mended, or saved, by hand"
"""What the first record of a file of the archive says whose page no crawl has fetched."""
_GROUP = ShardLimits()

Group = list[Path]


def tidy(directory: Path, mirror: Mirror | None) -> None:
    """Remove what a kill left half-done, merge small files, on the mirror too, and list what there is then.

    The crawl's lock must be held, and the mirror be the same as the folder.
    """
    unfinished = remove_unfinished(directory)
    if unfinished and mirror:
        mirror.remove(unfinished)
    if merge_small(directory) and mirror:
        mirror.synchronise()
    stage = Stage("crawl", directory)
    if gone := missing(stage):
        names = ", ".join(str(path.relative_to(directory)) for path in gone)
        _LOG.warning("missing, though the manifest listed it: %s. What is due of it is fetched again", names)
        unlist(stage, gone)
    list_files(stage)


def merge_small(directory: Path) -> int:
    """Merge the small files of a crawl, where there are several; return how many new ones there are.

    A file that is damaged is left where it is, for `verify` and the crawl to name it, and so is what does not
    fit on the disk.
    """
    made = 0
    for pattern in PATTERNS:
        paths = files(directory, pattern)
        remove_replaced(paths)
        small = [path for path in paths if path.exists() and path.stat().st_size < SMALL]
        if pattern == ARCHIVE:
            alike, merge = [small], _merge_archives
        else:
            alike, merge = _by_schema(small), _merge_shards
        made += sum(_merged(group, merge) for paths in alike for group in _groups(paths))
    return made


def remove_unfinished(directory: Path) -> Path | None:
    """Delete the archive's file whose rows a kill kept from being published; return it, if there is one.

    It is the newest of all, and one at most. Were there several, somebody has deleted shards of `pages`: then
    what is left of them is worth keeping, and `bokeru reparse` brings their rows back.
    """
    pages, _, _, archive = (files(directory, pattern) for pattern in PATTERNS)
    newest = max((path.name.removeprefix("pages-").removesuffix(".parquet") for path in pages), default="")
    later = [path for path in archive if path.name.removeprefix("archive-").removesuffix(".warc.gz") > newest]
    alone = [path for path in later if not replaced_by(path) and not _is_mended(path)]
    if len(alone) != 1:
        return None
    take_out(Stage("crawl", directory), alone)
    return alone[0]


def _is_mended(path: Path) -> bool:
    try:
        return warc.first_fields(path).get("description") == MENDED
    except warc.DamagedArchive:
        return False


def files(directory: Path, pattern: str) -> Group:
    """Return the files of one of PATTERNS that have their names, oldest first."""
    return sorted(path for path in directory.glob(pattern) if not path.name.startswith("."))


def _groups(paths: Iterable[Path]) -> Iterator[Group]:
    """Yield runs of files of two at least, each of LARGEST bytes together at most."""
    group: Group = []
    size = 0
    for path in paths:
        if group and size + path.stat().st_size > LARGEST:
            yield group
            group, size = [], 0
        group.append(path)
        size += path.stat().st_size
    yield group


def _merged(group: Group, merge: Callable[[Group], Path]) -> int:
    """Merge a group and delete its files; one that turns out to be damaged is left out."""
    while len(group) > 1:
        try:
            if shutil.disk_usage(group[0].parent).free < 2 * sum(path.stat().st_size for path in group):
                break
            path = merge(group)
        except DamagedFile as error:
            _LOG.warning("not merged: %s", error)
            group = [path for path in group if path != error.path]
        except OSError as error:
            _LOG.warning("%d small files in %s are not merged: %s", len(group), group[0].parent, error)
            break
        else:
            _LOG.info("merged %d files into %s", len(group), path)
            for source in group:
                source.unlink(missing_ok=True)
            return 1
    return 0


def _names(group: Group) -> set[str]:
    """Return what a new file replaces: these files, and what they replaced, which may still lie elsewhere."""
    return {path.name for path in group}.union(*map(replaced_by, group))


def _merge_shards(group: Group) -> Path:
    first = group[0]
    path = first.with_name(f"{first.parent.name}-{stamp()}.parquet")
    schema = read_schema(first)
    with whole_parquet(path, schema, _names(group)) as writer:
        for table in _regrouped(table for source in group for table in _tables(source)):
            writer.write_table(table)
    return path


def _by_schema(paths: Iterable[Path]) -> list[Group]:
    """Return the shards that have the same columns and the same decoder; one that is cut short is in none."""
    found: dict[str, Group] = {}
    for path in paths:
        with suppress(DamagedFile):
            schema = read_schema(path)
            found.setdefault(f"{decoder_of(schema)} {schema.remove_metadata()}", []).append(path)
    return list(found.values())


def _tables(path: Path) -> Iterator[pa.Table]:
    """Yield the row groups of a shard.

    Raises:
        DamagedFile: one cannot be read.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as shard:
            for group in range(shard.num_row_groups):
                yield shard.read_row_group(group)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _regrouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same rows in row groups of the usual size: those of small files are small."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        rows, size = sum(one.num_rows for one in waiting), sum(one.nbytes for one in waiting)
        if rows >= _GROUP.row_group_rows or size >= _GROUP.row_group_bytes:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _merge_archives(group: Group) -> Path:
    path = group[0].with_name(f"archive-{stamp()}.warc.gz")
    for source in group:
        try:
            warc.check(source)
        except warc.DamagedArchive as error:
            raise damaged(source, error) from error
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(first_record([(KEY, " ".join(sorted(_names(group))))]))
        for source in group:
            with source.open("rb") as members:
                shutil.copyfileobj(members, file, 2**20)
    return path
