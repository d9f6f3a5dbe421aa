"""Writes the rows of a crawl to disk, and sends every finished shard to the mirror."""

import errno
from contextlib import suppress
from pathlib import Path

from crawler.items import PageRow, PhotoRow
from crawler.memory.mirror import Mirror
from crawler.options import CrawlOptions
from store.errors import UserError
from store.schema import IMAGES, PAGES
from store.shards import ShardLimits, ShardWriter
from store.whole_file import remove_leftovers


class RowWriter:
    """Appends rows to `pages` and `images` below the crawl's folder; not thread-safe.

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
        for name in ("pages", "images"):
            remove_leftovers(directory / name)
        self._directory, self._mirror = directory, mirror
        self._pages = ShardWriter(directory / "pages", "pages", PAGES, limits)
        self._images = ShardWriter(directory / "images", "images", IMAGES, limits)

    def append(self, row: PageRow | PhotoRow) -> None:
        """Add a row to its table; commit a shard if this row fills it."""
        writer = self._images if isinstance(row, PhotoRow) else self._pages
        try:
            self._send_to_mirror(writer.append(row))
        except OSError as error:
            raise self._write_error(error) from error

    def commit_due(self) -> None:
        """Commit each table whose first uncommitted row is older than `crawl.shard_seconds`."""
        for writer in (self._pages, self._images):
            if writer.is_due():
                self._commit(writer)
        if self._mirror:
            self._mirror.check()

    def commit(self) -> None:
        """Commit both tables and wait for the mirror; if one table fails, the other is still committed."""
        try:
            self._commit(self._pages)
        finally:
            self._commit(self._images)
        if self._mirror:
            self._mirror.check(wait=True)

    def try_commit(self) -> None:
        """Commit what can still be committed after a failure; never raises UserError or OSError.

        The rows of one table may still fit on a disk that is too full for the other's.
        """
        for writer in (self._pages, self._images):
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
        if shard and self._mirror:
            self._mirror.send(shard)

    def _write_error(self, error: OSError) -> UserError:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "no space left on the disk" if is_full else error.strerror or str(error)
        step = "Free some space, then run it again" if is_full else "Correct that, then run it again"
        return UserError(f"{self._directory}: {reason}. {step}: the crawl goes on from its last whole shard.")
