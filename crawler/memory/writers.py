"""Rows on their way to disk: one shard writer for each of the two tables."""

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


class Store:
    """Appends rows to `pages` and `images` below the crawl's folder; not thread-safe.

    Args:
        directory: the crawl's folder.
        options: say when to commit.
        mirror: gets every shard that is committed.

    Raises:
        UserError: from any method, once the disk is full or refuses, or the mirror does; what was committed
            before is whole.
    """

    def __init__(self, directory: Path, options: CrawlOptions, mirror: Mirror | None = None) -> None:
        limits = ShardLimits(options.shard_rows, options.shard_megabytes * 2**20, options.shard_seconds)
        for name in ("pages", "images"):
            remove_leftovers(directory / name)
        self._directory, self._mirror = directory, mirror
        self._pages = ShardWriter(directory / "pages", "pages", PAGES, limits)
        self._images = ShardWriter(directory / "images", "images", IMAGES, limits)

    def append(self, row: PageRow | PhotoRow) -> None:
        """Add a row to its table."""
        writer = self._images if isinstance(row, PhotoRow) else self._pages
        try:
            self._mirrored(writer.append(row))
        except OSError as error:
            raise self._refused(error) from error

    def commit_due(self) -> None:
        """Commit the tables whose rows have waited long enough."""
        for writer in (self._pages, self._images):
            if writer.is_due():
                self._commit(writer)
        if self._mirror:
            self._mirror.check()

    def commit(self) -> None:
        """Commit both tables, to the mirror too; where one cannot be, the other still is."""
        try:
            self._commit(self._pages)
        finally:
            self._commit(self._images)
        if self._mirror:
            self._mirror.check(wait=True)

    def rescue(self) -> None:
        """Commit what can be, after a failure: fewer rows may still fit on the disk."""
        for writer in (self._pages, self._images):
            with suppress(OSError):
                self._mirrored(writer.commit())
        with suppress(UserError):
            if self._mirror:
                self._mirror.check(wait=True)

    def _commit(self, writer: ShardWriter) -> None:
        try:
            self._mirrored(writer.commit())
        except OSError as error:
            raise self._refused(error) from error

    def _mirrored(self, shard: Path | None) -> None:
        if shard and self._mirror:
            self._mirror.send(shard)

    def _refused(self, error: OSError) -> UserError:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "no space left on the disk" if full else error.strerror or str(error)
        step = "Free some space, then run it again" if full else "Mend that, then run it again"
        return UserError(f"{self._directory}: {reason}. {step}: it goes on from its last whole shard.")
