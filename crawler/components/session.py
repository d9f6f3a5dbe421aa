"""One run of a crawl, from lock to report: the state that Scrapy's components share."""

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.archive.shown import shows_forgotten
from crawler.canaries.canary import load_canaries
from crawler.history.history import History
from crawler.items import LeftOutRow, PageRow, PhotoRow, Row
from crawler.job import Job
from crawler.link_rules import stored_links, with_note
from crawler.memory import drawing
from crawler.memory.frontier import Frontier
from crawler.memory.merging import tidy
from crawler.memory.mirror import mirror_of
from crawler.memory.row_writer import RowWriter
from crawler.memory.tables import KINDS, Kind, Tables
from crawler.parsing.outside import use_layouts
from crawler.reports.counts import Counts, Pause, problems
from crawler.reports.publish import Publisher
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from crawler.retries.hosts import Hosts, Watcher
from store.errors import UserError
from store.forget.forgotten import Forgotten
from store.processes.interruption import Interrupted, received
from store.processes.lock import locked
from store.progress import Progress
from store.register.crawl_runs import NAME as HISTORY_NAME
from store.register.listed import list_files
from store.register.stages import Stage
from store.schema import HISTORY

_LOG = logging.getLogger(__name__)


class Session:
    """Holds the crawl's lock, its frontier and its row writer while the `with` block runs.

    Args:
        tables: the crawl's, where somebody has opened them before; they are closed.

    Raises:
        UserError: on entering, if the settings, the lock or a damaged shard forbid to start; on leaving, if
            rows cannot be committed.
    """

    def __init__(self, job: Job, tables: Tables | None = None) -> None:
        self.job, self._tables = job, tables
        self.counts = Counts()
        self.traffic = Traffic()
        self.publisher = Publisher(job, self.traffic)
        self.failure: UserError | None = None
        self.hosts = Hosts(job, Watcher(self.fail, self.paused, lambda photo: self.frontier.narrow(photo)))
        self.report: CrawlReport | None = None
        self.close_reason = "finished"
        self.problems: list[UserError] = []
        self.on_failure: Callable[[], object] = lambda: None
        self.on_pause: Callable[[Pause], object] = lambda pause: None
        self._pages_left = sys.maxsize  # that this run may fetch by crawl.max_pages
        self._under_way: Counter[Kind] = Counter()
        self._resources = ExitStack()
        self.started = time.monotonic()

    def __enter__(self) -> Self:
        self.job.check()
        use_layouts(self.job.options.layouts)
        with ExitStack() as opening:
            directory = self.job.directory
            opening.enter_context(locked(directory / ".lock", f"is crawling {directory}"))
            self.job.room.check()
            # First: what only the mirror has is part of the tables, and its forget list must hold here.
            if mirror := mirror_of(self.job.options.mirror, directory):
                mirror.synchronise()
            tidy(directory, mirror)
            with self._current_tables() as tables:
                drawing.check(self.job, tables)
                self.frontier = Frontier(self.job, tables)
                self.counts = Counts.from_tables(tables)
                self.earlier = {kind: tables.newest(kind) for kind in KINDS}
                total, unit = self._expected_total(tables)
            self._forgotten = Forgotten.load(self.job.directory.parent).filter()
            self.history = History(self.job)
            self.canaries = load_canaries(self.job, self._forgotten)
            about = [("http-header-user-agent", self.job.user_agent), ("robots", "obey")]
            self.writer = RowWriter(self.job.directory, self.job.options, mirror, about)
            if (new := drawing.keep(self.job)) and mirror:
                mirror.send(new)
            self.progress = opening.enter_context(Progress("crawl", total, unit))
            self._resources = opening.pop_all()
        return self

    def _current_tables(self) -> Tables:
        """Return the tables as they are now that the lock is held; reading them takes seconds where large."""
        tables, self._tables = self._tables, None
        if tables and tables.are_current():
            return tables
        if tables:
            tables.close()
        return Tables(self.job)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._resources:
            if self.failure is None and error is None:
                self.writer.commit()  # before the report, which counts what is in the tables
            else:
                self.writer.try_commit()
            self.report = self.running_report()
            stop = received()  # while the crawl runs, a signal raises nothing: see crawler.run
            self.close_report(self.failure or _failure(error), status=stop.exit_status if stop else None)
            with suppress(OSError):  # a full disk: the next start lists it
                list_files(Stage("crawl", self.job.directory))

    def running_report(self) -> CrawlReport:
        """Return the report as of now, from what is in memory."""
        seconds = time.monotonic() - self.started
        return CrawlReport.running(self.job, self.counts, self.traffic, seconds, len(self.frontier))

    def close_report(self, failure: UserError | None, *, status: int | None = None) -> None:
        """Write the report of the run, which has ended so; see `CrawlReport.ended`.

        Raises:
            OSError, UserError: nothing has failed but that the tables cannot be read, or this be written.
        """
        assert self.report
        is_counted = self.report.bokes is not None
        with suppress(*((OSError, UserError) if failure or status else ())):  # a full disk has no room for it
            if not is_counted:
                self._count()
            self.report = self.report.ended(failure, status=status)
            if not is_counted:
                self._keep_rules(self.report)
            self.publisher.publish(self.report)
            self.writer.write_beside(HISTORY_NAME, HISTORY, self.history.rows(self.report))

    def _count(self) -> None:
        """Count what is in the tables, and look for what is wrong with it: they are read once for both."""
        assert self.report
        with Tables(self.job) as tables:
            self.report = self.report.with_tables(tables)
            self.problems = list(problems(self.job, tables, self.counts))
            if self.is_finished and not tables.is_complete(self.counts.new_pages.total()):
                again = f"some addresses could not be fetched; see the log. Try again: {self.job.command}"
                self.problems.append(UserError(again))

    @property
    def is_finished(self) -> bool:
        """Whether the crawl ended because nothing was left to ask for."""
        return self.close_reason == "finished" and self.failure is None

    def _keep_rules(self, report: CrawlReport) -> None:
        now = datetime.now(UTC)
        for rule in report.left_out_by_rule:
            self.writer.append(LeftOutRow(rule, left_out_at=now))
        self.writer.commit()

    def warn(self, text: str) -> None:
        """Say once what is worth knowing and stops nothing; the report has it, too."""
        if text not in self.counts.warnings:
            self.counts.warnings.append(text)
            _LOG.warning(text)

    def paused(self, host: str, seconds: float, reason: str) -> None:
        """Say in log and report that a host is left alone, from now on for so many seconds, and why.

        Nothing is said once a signal stops the crawl: what then fails is what ends with it.
        """
        if received():
            return
        now = datetime.now(UTC)
        pause = Pause(now.isoformat(timespec="seconds"), host, round(seconds, 3), reason)
        self.counts.paused(pause)
        self.on_pause(pause)
        until = (now + timedelta(seconds=seconds)).astimezone()
        _LOG.warning(f"{host} is left alone for {seconds:,.4g} s, until {until:%H:%M:%S}: {reason}")

    def append(self, row: Row) -> Row:
        """Write a row, count it, and add what it leads to to the frontier; return it as it was written."""
        if isinstance(row, LeftOutRow):
            self.writer.append(row)
            self.counts.add(row)
            self._under_way["images" if row["table"] == "images" else "pages"] -= 1
            return row
        if isinstance(row, PageRow):
            row["links"] = stored_links(row, self.job)
            if self.frontier.has_nothing_new(row):
                row["error"] = with_note(row["error"])
            answer = row.answer
            if answer and shows_forgotten(answer, self._forgotten, row):
                answer = None
            row = PageRow(self._forgotten.page(row))
            row.answer = answer
        else:
            row = PhotoRow(self._forgotten.image(row))
        self.writer.append(row)
        self.counts.add(row)
        self._under_way["images" if isinstance(row, PhotoRow) else "pages"] -= 1
        self._follow(row)
        self._show_progress(row)
        return row

    def next_address(self, kind: Kind) -> str:
        """Return the next address of the kind that `next_kind` named; it is under way until its row comes."""
        self._under_way[kind] += 1
        if kind == "images":
            return self.frontier.photos.pop(self.hosts.is_open)
        return self.frontier.pages.pop(self.hosts.is_open)

    def next_kind(self, *, now: bool = True) -> Kind | None:
        """Return what to fetch next, photos first; None if nothing is left or a limit is reached.

        Args:
            now: leave out what is on hosts that are left alone at the moment.
        """
        if self.failure is not None:
            return None
        if self.frontier.needs_refill and not self._refill_frontier():
            return None
        is_open = self.hosts.is_open if now else (lambda url: True)
        if self.frontier.photos.has_open(is_open) and self._is_within_limits("images"):
            return "images"
        has_pages = self.frontier.pages.has_open(is_open)
        return "pages" if has_pages and self._is_within_limits("pages") else None

    def fail(self, failure: UserError) -> None:
        """End the crawl with this failure; a later failure is ignored, as it often follows from it."""
        if self.failure is None:
            self.failure = failure
            self.on_failure()

    def withdraw(self, rows: Iterable[LeftOutRow]) -> None:
        """Write down which addresses the next run asks for again, since this one failed as a whole."""
        with suppress(UserError):  # the disk may be full
            for row in rows:
                self.writer.append(row)

    def _refill_frontier(self) -> bool:
        """Find dropped addresses again in the tables; return False if that failed, which ends the crawl."""
        try:
            self.writer.commit()  # the tables are read from disk
            self.frontier.refill()
        except UserError as error:
            self.fail(error)
            return False
        return True

    def _is_within_limits(self, kind: Kind) -> bool:
        """Tell whether one more may be fetched by `max_photos` and `max_pages`.

        What is under way counts as fetched, or several requests at once would pass the limit.
        """
        options = self.job.options
        photos = self.counts.photos["ok"] + (self._under_way["images"] if kind == "images" else 0)
        if options.max_photos is not None and photos >= options.max_photos:
            return False
        pages = self.counts.new_pages.total() + self._under_way["pages"]
        return kind == "images" or options.max_pages is None or pages < options.max_pages

    def _follow(self, row: PageRow | PhotoRow) -> None:
        waiting, progress = len(self.frontier.pages), self.progress
        self.frontier.follow(row)
        if progress.total is not None and progress.unit == "pages":
            progress.total = min(progress.total + len(self.frontier.pages) - waiting, self._pages_left)

    def _show_progress(self, row: PageRow | PhotoRow) -> None:
        unit = self.progress.unit
        counts = unit == "pages" if isinstance(row, PageRow) else unit == "photos" and row["outcome"] == "ok"
        self.progress.advance(counts, **self.counts.details(unit), queue=len(self.frontier))

    def _expected_total(self, tables: Tables) -> tuple[int | None, str]:
        """Return how much is left to fetch, and of what; None if lists may lead to any number of pages."""
        options = self.job.options
        if options.max_photos is not None and options.max_pages is None:
            return max(options.max_photos - self.counts.photos["ok"], 0), "photos"
        if options.max_pages is not None:
            self._pages_left = options.max_pages
        if options.start:
            return (None if options.max_pages is None else self._pages_left), "pages"
        return min(tables.count_due("pages"), self._pages_left), "pages"


def _failure(error: BaseException | None) -> UserError | None:
    """Return an exception, a mistake of ours perhaps, as what the report says of the run's end."""
    if error is None or isinstance(error, Interrupted):
        return None
    return error if isinstance(error, UserError) else UserError(f"{type(error).__name__}: {error}")


def session_of(crawler: Crawler) -> Session:
    """Return the session of a crawl, for one of its Scrapy components.

    Raises:
        NotConfigured: there is none, as in `scrapy shell`; Scrapy then leaves the component out.
    """
    session = getattr(crawler.spider, "session", None)
    if not isinstance(session, Session):
        raise NotConfigured
    return session
