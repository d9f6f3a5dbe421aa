"""Writes the rows of a crawl to disk, and sends every finished shard to the mirror."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.items import LeftOutRow, PhotoRow, Row
from crawler.memory.mirror import Mirror
from crawler.memory.small_table import write_rows
from crawler.options import CrawlOptions
from store.errors import TooLittleRoom, UserError, is_full
from store.schema import IMAGES, LEFT_OUT, PAGES
from store.shards import ShardLimits, ShardWriter
from store.whole_file import remove_leftovers

_LOG = logging.getLogger(__name__)


class RowWriter:
    """Appends rows to `pages`, `images` and `left_out` below the crawl's folder; not thread-safe.

    Args:
        directory: the crawl's folder.
        options: the settings, which say when a shard is committed.
        mirror: gets a copy of every shard that is committed.

    Raises:
        UserError: from `append`, `commit` and `commit_due`: the disk is full or refuses, or the mirror
            failed. Shards that were committed before are whole.
    """

    def __init__(self, directory: Path, options: CrawlOptions, mirror: Mirror | None = None) -> None:
        limits = ShardLimits(options.shard_rows, options.shard_megabytes * 2**20, options.shard_seconds)
        for name in ("pages", "images", "left_out"):
            remove_leftovers(directory / name)
        self._directory, self._mirror = directory, mirror
        self._pages = ShardWriter(directory / "pages", "pages", PAGES, limits)
        self._images = ShardWriter(directory / "images", "images", IMAGES, limits)
        self._left_out = ShardWriter(directory / "left_out", "left_out", LEFT_OUT, limits)
        self._all = (self._pages, self._images, self._left_out)

    def append(self, row: Row) -> None:
        """Add a row to its table; commit a shard if this row fills it."""
        kind = type(row)
        writer = self._images if kind is PhotoRow else self._left_out if kind is LeftOutRow else self._pages
        try:
            self._send_to_mirror(writer.append(row))
        except OSError as error:
            raise self._write_error(error) from error

    def write_beside(self, name: str, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write a small table beside the others, in place of what it was, and send it to the mirror."""
        path = self._directory / name
        try:
            write_rows(path, schema, rows)
        except OSError as error:
            raise self._write_error(error) from error
        self._send_to_mirror(path)

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
                self._send_to_mirror(writer.commit())
        with suppress(UserError):
            if self._mirror:
                self._mirror.check(wait=True)

    def _commit(self, writer: ShardWriter) -> None:
        try:
            self._send_to_mirror(writer.commit())
        except OSError as error:
            raise self._write_error(error) from error

    def _send_to_mirror(self, shard: Path | None) -> None:
        if shard:
            _LOG.info("committed %s", shard)
            if self._mirror:
                self._mirror.send(shard)

    def _write_error(self, error: OSError) -> UserError:
        kind = TooLittleRoom if is_full(error) else UserError
        reason = "no space left on the disk" if is_full(error) else error.strerror or str(error)
        step = "Free some space, then run it again" if is_full(error) else "Correct that, then run it again"
        return kind(f"{self._directory}: {reason}. {step}: the crawl goes on from its last whole shard.")
