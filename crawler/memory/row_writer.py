"""Writes the rows of a crawl to disk, and sends every finished shard to the mirror."""

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.archive.writer import ArchiveWriter
from crawler.items import LeftOutRow, PageRow, PhotoRow, Row
from crawler.memory.mirror import Mirror
from crawler.options import CrawlOptions
from store.errors import TooLittleRoom, UserError, is_full
from store.manifest import marked
from store.place import Place
from store.register.listed import begin_list, changing
from store.register.small_table import write_rows
from store.register.stages import Stage
from store.schema import IMAGES, LEFT_OUT, PAGES
from store.shards import ShardLimits, ShardWriter
from store.warc.write import Field
from store.whole_file import remove_leftovers

_LOG = logging.getLogger(__name__)


class RowWriter:
    """Appends rows to `pages`, `images` and `left_out` below the crawl's folder; not thread-safe.

    What pages were made from goes to `archive`, in a file that is published just before the shard of its
    rows, under the same name. What a kill between the two leaves, the next start removes.

    Args:
        directory: the crawl's folder.
        options: the settings, which say what is archived and when a shard is committed.
        mirror: gets a copy of every shard that is committed.
        about: says in the archive where the pages come from.

    Raises:
        UserError: from `append`, `commit` and `commit_due`: the disk is full or refuses, or the mirror
            failed. Shards that were committed before are whole.
    """

    def __init__(
        self,
        directory: Path,
        options: CrawlOptions,
        mirror: Mirror | None = None,
        about: Iterable[Field] = (),
    ) -> None:
        limits = ShardLimits(options.shard_rows, options.shard_megabytes * 2**20, options.shard_seconds)
        for name in ("pages", "images", "left_out", "archive"):
            remove_leftovers(directory / name)
        begin_list(Stage("crawl", directory))
        self._directory, self._mirror = directory, mirror
        self._keeps, self._limits, self._origin = options.archive, limits, options.origin
        self._archive = ArchiveWriter(directory / "archive", about)
        self._archived: Path | None = None
        self._pages = ShardWriter(directory / "pages", "pages", marked(PAGES), limits, self._commit_archive)
        self._images = ShardWriter(directory / "images", "images", marked(IMAGES), limits)
        self._left_out = ShardWriter(directory / "left_out", "left_out", marked(LEFT_OUT), limits)
        self._all = (self._pages, self._images, self._left_out)

    def append(self, row: Row) -> None:
        """Add a row to its table; commit a shard if this row fills it."""
        kind = type(row)
        if kind is not LeftOutRow:
            lacking = (name for name in self._origin if name in row.columns.names and not row.get(name))
            row.update({name: self._origin[name] for name in lacking})
        writer = self._images if kind is PhotoRow else self._left_out if kind is LeftOutRow else self._pages
        try:
            if isinstance(row, PageRow) and self._is_archived(row):
                assert row.answer
                self._archive.append(row.answer)
            self._publish(writer, lambda: writer.append(row))
            if self._archive.bytes >= self._limits.bytes:
                self._publish(self._pages, self._pages.commit)
        except OSError as error:
            raise self._write_error(error) from error

    def write_beside(self, name: str, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write a small table beside the others, in place of what it was; wait until the mirror has it."""
        path = self._directory / name
        try:
            with changing(Stage("crawl", self._directory), [path]):
                write_rows(path, schema, rows)
        except OSError as error:
            raise self._write_error(error) from error
        self._send_to_mirror(path)
        if self._mirror:
            self._mirror.check(wait=True)

    def _is_archived(self, row: PageRow) -> bool:
        """Tell whether what a page was made from is kept: nothing of a page that opts out."""
        if row.answer is None or row["outcome"] == "denied":
            return False
        return self._keeps == "all" or (self._keeps == "drift" and row["outcome"] == "drift")

    def _commit_archive(self, shard: Path) -> None:
        name = shard.name.removeprefix("pages-").removesuffix(".parquet")
        self._archived = self._archive.commit(self._directory / "archive" / f"archive-{name}.warc.gz")

    def commit_due(self) -> None:
        """Commit each table whose first uncommitted row is older than `crawl.shard_seconds`."""
        for writer in self._all:
            if writer.is_due():
                self._commit(writer)
        if self._mirror:
            self._mirror.check()

    def commit(self) -> None:
        """Commit all tables and wait for the mirror; if one table fails, the others are still committed."""
        with ExitStack() as committing:
            for writer in self._all:
                committing.callback(self._commit, writer)
        if self._mirror:
            self._mirror.check(wait=True)

    def try_commit(self) -> None:
        """Commit what can still be committed after a failure; never raises UserError or OSError.

        The rows of one table may still fit on a disk that is too full for the other's.
        """
        for writer in self._all:
            with suppress(OSError):
                self._publish(writer, writer.commit)
        with suppress(UserError):
            if self._mirror:
                self._mirror.check(wait=True)

    def _commit(self, writer: ShardWriter) -> None:
        try:
            self._publish(writer, writer.commit)
        except OSError as error:
            raise self._write_error(error) from error

    def _publish(self, writer: ShardWriter, step: Callable[[], Path | None]) -> None:
        try:
            shard = step()
        except BaseException:
            if writer is self._pages:
                self._archive.abandon()  # the rows are gone: so are their records
            raise
        self._send_to_mirror(shard)

    def _send_to_mirror(self, shard: Path | None) -> None:
        archived, self._archived = self._archived, None
        for path in filter(None, (archived, shard)):
            _LOG.info("committed %s", path)
            if self._mirror:
                self._mirror.send(path)

    def _write_error(self, error: OSError) -> UserError:
        kind = TooLittleRoom if is_full(error) else UserError
        reason = "no space left on the disk" if is_full(error) else error.strerror or str(error)
        step = "Free some space" if is_full(error) else "Correct that"
        again = f"from its last whole shard it goes on with: {Place.of(self._directory).command('crawl')}"
        return kind(f"{self._directory}: {reason}. {step}: {again}")
