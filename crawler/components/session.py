"""One run of a crawl from lock to report: the state that Scrapy's components share."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.items import PageRow, PhotoRow
from crawler.job import Job
from crawler.memory.frontier import Frontier
from crawler.memory.mirror import mirror_of
from crawler.memory.tables import Kind, Tables
from crawler.memory.writers import Store
from crawler.narrow import narrow
from crawler.report import Counts, CrawlReport, drift_error, write_report
from store.errors import UserError
from store.forgotten import Forgotten
from store.processes.lock import locked
from store.progress import Progress

_ENOUGH = 20
"""Pages after which the share of drift says something."""


_PATIENCE = 3.0
"""Seconds that a crawl waits for another that is just winding down."""


class Session:
    """Holds the crawl's lock, its frontier and its store while the `with` block runs.

    Raises:
        UserError: on entering, where the settings, the lock or a damaged shard forbid to start; on leaving,
            where rows cannot be committed.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.counts = Counts()
        self.failure: UserError | None = None
        self.report: CrawlReport | None = None
        self.closed_as = "finished"
        self.on_failure: Callable[[], object] = lambda: None
        self._allowed = sys.maxsize  # pages, of this run
        self._given: Counter[Kind] = Counter()
        self._open = ExitStack()
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self.job.check()
        with ExitStack() as opening:
            directory = self.job.directory
            opening.enter_context(locked(directory / ".lock", f"is crawling {directory}", _PATIENCE))
            if mirror := mirror_of(self.job.options.mirror, directory):
                mirror.synchronise()
            with Tables(self.job) as tables:
                self.frontier = Frontier(self.job, tables)
                self.counts = Counts.of(tables)
                total, unit = self._end(tables)
            self._forgotten = Forgotten.load(self.job.directory.parent).filter()
            self.store = Store(self.job.directory, self.job.options, mirror)
            self.progress = opening.enter_context(Progress("crawl", total, unit))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self._started
        with self._open:
            if self.failure is None and error is None:
                self.store.commit()
                self.report = write_report(self.job, self.counts, seconds, None)
                return
            self.store.rescue()
            with suppress(OSError, UserError):  # a full disk takes no report either
                self.report = write_report(self.job, self.counts, seconds, self.failure)

    def append(self, row: PageRow | PhotoRow) -> None:
        """Store a row, count it, and let what it leads to wait in the frontier."""
        if isinstance(row, PageRow):
            narrow(row, self.job.options)
            row = PageRow(self._forgotten.page(row))
        else:
            row = PhotoRow(self._forgotten.image(row))
        self.store.append(row)
        self.counts.add(row)
        self._given["images" if isinstance(row, PhotoRow) else "pages"] -= 1
        self._follow(row)
        if isinstance(row, PageRow):
            self._check_drift()
        self._tell(row)

    def give_out(self, kind: Kind) -> str:
        """Return the next address of a kind that `wanted` named."""
        self._given[kind] += 1  # under way until its row is there
        return (self.frontier.photos if kind == "images" else self.frontier.pages).pop()

    def wanted(self) -> Kind | None:
        """Return what to fetch next, photos first; None where nothing is left or a limit is reached."""
        if self.failure is not None:
            return None
        if self.frontier.is_dry and not self._refilled():
            return None
        if len(self.frontier.photos) and self._allows("images"):
            return "images"
        return "pages" if len(self.frontier.pages) and self._allows("pages") else None

    def _refilled(self) -> bool:
        """Find dropped addresses again in the tables; where disk or mirror refuses, the crawl ends."""
        try:
            self.store.commit()
            self.frontier.refill()
        except UserError as error:
            self.fail(error)
            return False
        return True

    def _allows(self, kind: Kind) -> bool:
        options = self.job.options
        photos = self.counts.photos["ok"] + (self._given["images"] if kind == "images" else 0)
        if options.max_photos is not None and photos >= options.max_photos:
            return False
        pages = self.counts.pages.total() + self._given["pages"]
        return kind == "images" or options.max_pages is None or pages < options.max_pages

    def _follow(self, row: PageRow | PhotoRow) -> None:
        waiting, progress = len(self.frontier.pages), self.progress
        self.frontier.follow(row)
        if progress.total is not None and progress.unit == "pages":
            progress.total = min(progress.total + len(self.frontier.pages) - waiting, self._allowed)

    def _tell(self, row: PageRow | PhotoRow) -> None:
        unit = self.progress.unit
        counts = unit == "pages" if isinstance(row, PageRow) else unit == "photos" and row["outcome"] == "ok"
        self.progress.advance(counts, **self.counts.details(unit), queue=len(self.frontier))

    def _end(self, tables: Tables) -> tuple[int | None, str]:
        """Return how much is left to fetch, and of what; None where lists may lead to any number."""
        options = self.job.options
        if options.max_photos is not None and options.max_pages is None:
            return max(options.max_photos - self.counts.photos["ok"], 0), "photos"
        if options.max_pages is not None:
            self._allowed = max(options.max_pages - self.counts.pages.total(), 0)
        if options.start:
            return (None if options.max_pages is None else self._allowed), "pages"
        return min(tables.count_missing("pages"), self._allowed), "pages"

    def _check_drift(self) -> None:
        """Give up early where the site has plainly changed, rather than fetch it all in vain."""
        pages = self.counts.new_pages
        if pages.total() >= _ENOUGH and pages["drift"] > self.job.options.max_drift * pages.total():
            raise drift_error(self.job, pages)

    def fail(self, failure: UserError) -> None:
        """End the crawl, for the first reason that is given."""
        if self.failure is None:
            self.failure = failure
            self.on_failure()


def session_of(crawler: Crawler) -> Session:
    """Return the session of a crawl, for one of its Scrapy components.

    Raises:
        NotConfigured: it has none, as in `scrapy shell`, which does without the component.
    """
    session = getattr(crawler.spider, "session", None)
    if not isinstance(session, Session):
        raise NotConfigured
    return session
