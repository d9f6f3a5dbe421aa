"""What `bokeru reparse` does: read the archive again, or save one page of it and reread what was mended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import pyarrow.compute as pc
from w3lib.url import safe_url_string

from crawler.archive.answers import encode
from crawler.archive.changes import Changes
from crawler.archive.index import ArchiveIndex
from crawler.archive.reparse import Reparse
from crawler.archive.shown import shows_forgotten
from crawler.archive.writer import first_record
from crawler.items import Answer
from crawler.job import Job
from crawler.memory.merging import ARCHIVE, MENDED, PATTERNS, files
from crawler.memory.mirror import mirror_of
from store.errors import MissingStage, UsageError, UserError
from store.forget.forgotten import Forgotten
from store.processes.lock import locked
from store.register.listed import list_files
from store.register.stages import Stage
from store.replacing.files import remove_replaced
from store.schema import PAGES
from store.shard_reader import Shard
from store.shards import shard_paths, stamp
from store.whole_file import remove_leftovers, write_whole


def reparse(job: Job, *, dry: bool = False) -> Changes:
    """Make anew the rows of every page whose record is in the archive.

    Raises:
        UserError: there is no archive, the crawl is running, or the mirror fails.
        DamagedFile: a shard or a file of the archive cannot be read.
    """
    with _held(job, dry=dry):
        if not files(job.directory, ARCHIVE):
            raise UserError(
                f"{job.directory / 'archive'} holds no page, so there is nothing to read again. With "
                f"crawl.archive all or drift, later pages are kept there: {job.command}"
            )
        return Reparse(job, dry=dry).run()


def save_page(job: Job, url: str, path: Path) -> None:
    """Write the newest record of a page to a file: the page as it was fetched.

    Raises:
        UserError: the archive has none.
    """
    with _held(job, dry=True):
        answer = _newest(job, _address(job, url))
        if answer is None:
            raise UserError(f"the archive of {job.pipeline} has no record of {url}. See crawl.archive")
    path.write_bytes(answer.body)


def reread_page(job: Job, url: str, path: Path, *, dry: bool = False) -> Changes:
    """Let a page that somebody mended, or saved by hand, stand for the newest answer of its address.

    Its row keeps its time; a page that has no row yet gets one. The archive keeps the document beside what
    the site had sent.

    Raises:
        UserError: the file cannot be read, or shows something that is on the forget list.
    """
    address = _address(job, url)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    with _held(job, dry=dry):
        at = max(_times(job, address), default=datetime.now(UTC))
        answer = Answer(address, address, at, None, (("Content-Type", "text/html"),), body)
        if shows_forgotten(answer, Forgotten.load(job.directory.parent).filter()):
            raise UserError(f"{path} shows something that was forgotten: it is not taken in again")
        if not dry:  # first: what a kill keeps from the row, the next reading of the archive brings
            record = first_record([("description", MENDED)]) + encode(answer)
            write_whole(job.directory / "archive" / f"archive-{stamp()}.warc.gz", record)
        return Reparse(job, dry=dry, mended=answer).run()


@contextmanager
def _held(job: Job, *, dry: bool) -> Iterator[None]:
    """Hold the crawl's lock, with folder and mirror alike before and after; `dry` leaves both as they are."""
    directory = job.directory
    if not directory.is_dir():
        raise MissingStage(directory, job.command)
    with locked(directory / ".lock", f"is crawling {directory}"):
        mirror = None if dry else mirror_of(job.options.mirror, directory)
        if mirror:
            mirror.synchronise()
        if not dry:
            for pattern in PATTERNS:
                remove_leftovers((directory / pattern).parent)
                remove_replaced(files(directory, pattern))
        yield
        if not dry:
            list_files(Stage("crawl", directory))
        if mirror:
            mirror.synchronise()


def _address(job: Job, url: str) -> str:
    """Return the address of a page of the site, of which a path is enough."""
    return job.page_address(safe_url_string(urljoin(job.site, url)))


def _times(job: Job, address: str) -> Iterator[datetime]:
    """Yield when the page of an address was fetched."""
    for path in shard_paths(job.directory / "pages"):
        with Shard(path, PAGES) as shard:
            rows = shard.read(["url", "fetched_at"])
        yield from rows.filter(pc.equal(rows["url"], address))["fetched_at"].to_pylist()


def _newest(job: Job, address: str) -> Answer | None:
    index = ArchiveIndex(files(job.directory, ARCHIVE))
    found = (index.answer(address, at) for at in sorted(_times(job, address), reverse=True))
    return next(filter(None, found), None)
