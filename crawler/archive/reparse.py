"""Makes the rows of archived pages anew, without a request: after a layout was mended, say."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crawler.archive.changes import KEPT, Changes, Row
from crawler.archive.dropping import drop_records
from crawler.archive.index import ArchiveIndex
from crawler.archive.shown import shows_forgotten
from crawler.items import Answer
from crawler.job import Job
from crawler.link_rules import has_note, stored_links, with_note
from crawler.memory.merging import ARCHIVE, files
from crawler.parsing.answer import Parser
from crawler.parsing.outside import use_layouts
from store.forget.forgotten import Forgotten
from store.progress import Progress
from store.register.listed import unlist
from store.register.stages import Stage
from store.replacing.files import replaced_by
from store.schema import PAGES
from store.shard_reader import Shard, unreadable
from store.shards import ShardWriter, shard_paths, stamp, table_of, whole_parquet


class Reparse:
    """One reading of a crawl's archive; the crawl's lock must be held.

    Args:
        job: the crawl: its settings decide which links a row keeps, as in a crawl.
        dry: change nothing.
        mended: read only this page, which somebody mended, in place of what its row was made from.
    """

    def __init__(self, job: Job, *, dry: bool = False, mended: Answer | None = None) -> None:
        self._job, self._dry, self._mended = job, dry, mended
        self._forgotten = Forgotten.load(job.directory.parent).filter()
        self._archive = files(job.directory, ARCHIVE)
        self._index = ArchiveIndex([] if mended else self._archive)
        self._parser = Parser()
        use_layouts(job.options.layouts)
        self._denied: set[tuple[str, datetime]] = set()
        self._has_row = False  # the mended page
        self.changes = Changes()

    def run(self) -> Changes:
        """Read all again; each shard that changes is whole under a new name before the old one goes.

        Raises:
            DamagedFile: a shard or a file of the archive cannot be read; what was made before stays.
        """
        shards = shard_paths(self._job.directory / "pages")
        total = sum(pq.read_metadata(path).num_rows for path in shards)
        with Progress("reparse", total, "pages") as progress:
            for path in shards:
                self._remake(path, progress)
        self._restore()
        if (
            self._denied and not self._dry
        ):  # a page that opts out keeps no payload, whenever that is found out
            crawl = Stage("crawl", self._job.directory)
            for path in self._archive:
                drop_records(path, self._is_denied, lambda path: unlist(crawl, [path]))
        return self.changes

    def _is_denied(self, answer: Answer) -> bool:
        return (answer.address, answer.fetched_at) in self._denied

    def _remake(self, path: Path, progress: Progress) -> None:
        new = path.with_name(f"pages-{stamp()}.parquet")
        writing = nullcontext() if self._dry else whole_parquet(new, PAGES, {path.name} | replaced_by(path))
        has_changed = False
        with suppress(_Unchanged), writing as writer:
            for rows in _groups(path):
                made, changes = self._made(rows)
                has_changed = has_changed or changes
                if writer:
                    writer.write_table(made)
                progress.advance(len(rows), changed=self.changes.changed)
            if not has_changed:
                raise _Unchanged
        if new.exists():
            path.unlink()

    def _made(self, rows: list[Row]) -> tuple[pa.Table, bool]:
        """Return rows as they are read today, and whether any changes."""
        made = [self._row(row) or row for row in rows]
        table = table_of(made, PAGES)
        # Compared as they are stored: float32, and text without halves of surrogate pairs.
        pairs = zip(rows, table.to_pylist(), strict=True)
        changes = [self.changes.note(old, new) for old, new in pairs]
        return table, any(changes)

    def _row(self, old: Row) -> Row | None:
        """Return a row made anew; None where there is nothing to make it from, or it may not be."""
        self.changes.pages += 1
        if old["outcome"] == "denied" or old["url"] is None:
            return None
        answer = self._answer(old["url"], old["fetched_at"])
        row = self._read(answer) if answer else None
        if row is None:
            return None
        self.changes.records += 1
        if row["outcome"] == "denied":
            self._denied.add((old["url"], old["fetched_at"]))
        assert answer
        kept: tuple[str, ...] = KEPT
        # Where the page is another answer's, or was mended by hand.
        if old["status"] == 304 or answer.status is None:
            kept += ("status", "etag", "last_modified")
        if has_note(old["error"]):  # it is about the list at that time, and not about the page alone
            row["error"] = with_note(row["error"])
        return {**old, **row, **{name: old[name] for name in kept}}

    def _answer(self, address: str, at: datetime) -> Answer | None:
        mended = self._mended
        if mended is None:
            return self._index.answer(address, at)
        self._has_row = self._has_row or (address, at) == (mended.address, mended.fetched_at)
        return mended if (address, at) == (mended.address, mended.fetched_at) else None

    def _read(self, answer: Answer) -> Row | None:
        row = self._parser.row(answer)  # where that takes too long, the row stays as it is
        if row is None or shows_forgotten(answer, self._forgotten, row):
            return None
        row["links"] = stored_links(row, self._job)
        return dict(row)

    def _restore(self) -> None:
        """Add the rows of records that have none: their shard was damaged and deleted, say."""
        writer = ShardWriter(self._job.directory / "pages", "pages", PAGES)
        mended = [self._mended] if self._mended and not self._has_row else []
        for answer in (*mended, *self._index.left()):
            row = self._read(answer)
            if row is None or row["outcome"] == "denied":
                continue
            self.changes.restored += 1
            if not self._dry:
                writer.append({name: self._job.options.origin.get(name) for name in PAGES.names} | row)
        writer.commit()


class _Unchanged(Exception):
    """Raised to drop a shard that would hold what the old one does."""


def _groups(path: Path) -> Iterator[list[Row]]:
    try:
        with Shard(path, PAGES) as shard:
            for group in range(shard.num_row_groups):
                rows = shard.read_row_group(group).to_pylist()
                yield [dict.fromkeys(PAGES.names) | row for row in rows]
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
