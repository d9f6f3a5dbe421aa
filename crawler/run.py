"""`python -m crawler.run`: one crawl in a process of its own, since a reactor starts once in a process.

The job comes as a line of JSON on standard input, the result goes as JSON to standard output; before it,
where something is due, `"due"`, upon which the address of the site comes as another line. It is run by
`store.processes.follow`, which ends it, as SIGTERM does, when the process that asked for the crawl has ended.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from queue import SimpleQueue
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.completeness import is_complete
from crawler.components.session import Session
from crawler.crawl import DUE
from crawler.job import Job
from crawler.memory import drawing
from crawler.memory.tables import Tables
from crawler.reports.run_report import CrawlReport
from crawler.spiders.bokete import BoketeSpider
from store import logs
from store.errors import TimeIsOver, TooLittleRoom, UserError, first_by_status, is_full
from store.photo.options import Limits
from store.place import INVOCATION
from store.processes.interruption import WIND_DOWN_SECONDS, deferred, received

Stops = SimpleQueue[str]
"""What asks a crawl to end. It may be filled in a signal's handler, which a lock could not bear."""
_LIMITS = ("closespider_pagecount", "closespider_itemcount", "closespider_timeout")
"""Why Scrapy's own extension ends a crawl where `-s CLOSESPIDER_...` sets a limit, as max_pages does."""


def main() -> None:
    """Crawl, and print a JSON object: `report`, or `error` with the exit `status` of the UserError.

    A signal ends the process with its own exit status, when the crawl has wound down; nothing is printed.
    Before the crawl runs there is nothing to wind down, and the signal ends it at once: even where a mirror
    that does not answer keeps Python from running a handler.
    """
    job = Job.from_json(_read())
    try:
        _answer(job)
    except (KeyboardInterrupt, RuntimeError):  # libraries in C turn the one into the other
        if not (stop := received()):
            raise
        os._exit(stop.exit_status)


def _read() -> Any:
    """Return what the process that asked says in its next line; end if it has ended."""
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        sys.exit()
    return json.loads(line)


def _answer(job: Job) -> None:
    INVOCATION.config, INVOCATION.pipeline = job.config, job.pipeline
    Limits.options = job.photos
    logs.start_log(job.verbosity)
    try:
        report = _crawl_if_due(job)
        answer: dict[str, object] = {"report": report and asdict(report)}
    except UserError as error:
        answer = {"error": str(error), "status": error.exit_status}
    except OSError as error:
        place = error.filename or job.directory
        status = TooLittleRoom.exit_status if is_full(error) else UserError.exit_status
        answer = {"error": f"{place} cannot be written: {error.strerror}", "status": status}
    with suppress(BrokenPipeError):  # who asked has just ended
        print(json.dumps(answer), flush=True)


def _crawl_if_due(job: Job) -> CrawlReport | None:
    """Crawl unless nothing is due; only then the process that asked has to serve a site, and says where."""
    job.check()
    with Tables(job) as tables:
        drawing.check(job, tables)
        if is_complete(job, tables):
            return None
        print(DUE.decode(), end="", flush=True)
        return crawl(replace(job, address=_read()), tables=tables)


def crawl(
    job: Job, *, process: AsyncCrawlerProcess | None = None, tables: Tables | None = None
) -> CrawlReport:
    """Crawl in this process, which must not have run a reactor before.

    Args:
        job: what to crawl.
        tables: the crawl's, if they are open; they are closed before the first request.
        process: Scrapy's, where a command of Scrapy has made it.

    Raises:
        UserError: the crawl could not start, or had to end before it was complete.
        Interrupted: a signal came; what was fetched is committed.
    """
    stops = Stops()
    # A signal that comes while the session commits its rows must not tear that: the outer block ends later.
    with ExitStack() as deferring, Session(job, tables) as session:
        process = process or AsyncCrawlerProcess(_settings(job))
        crawler = process.create_crawler(BoketeSpider)
        logs.escape_all()
        crawling = process.crawl(crawler, session=session)
        threading.Thread(target=_stop, args=(stops, crawler, session), daemon=True).start()
        deferring.enter_context(deferred(lambda: stops.put("signal")))
        process.start(install_signal_handlers=False)
    crawling.result()
    failure = first_by_status(_failures(job, session))
    session.close_report(failure)
    if failure:
        raise failure
    assert session.report
    return session.report


def _settings(job: Job) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")  # store.logs has one
    settings.set("LOG_LEVEL", logging.getLevelName(logs.level(job.verbosity)), priority="cmdline")
    return settings


def _failures(job: Job, session: Session) -> Iterator[UserError]:
    """Yield all that is wrong after a run; why it ended comes first."""
    if session.failure:
        yield session.failure
    reason = session.close_reason
    if reason == "closespider_timeout":
        yield TimeIsOver(
            f"the time of CLOSESPIDER_TIMEOUT is over, with work left; go on with: {job.command}"
        )
    elif not session.failure and reason not in ("finished", *_LIMITS):
        yield UserError(
            f"stopped before it was complete. What was fetched is kept; go on with: {job.command}"
        )
        return  # a crawl that was stopped half-way may have any share of drift or refusals
    yield from session.problems


def _stop(stops: Stops, crawler: Crawler, session: Session) -> None:
    """Wait to be asked to end; then commit, stop, and do not wait long for answers under way."""
    stops.get()
    from twisted.internet import reactor  # only now is it the one that the crawl runs

    reactor.callFromThread(session.writer.try_commit)
    reactor.callFromThread(lambda: asyncio.ensure_future(_stop_running(crawler)))
    time.sleep(WIND_DOWN_SECONDS)
    os._exit(stop.exit_status if (stop := received()) else 1)


async def _stop_running(crawler: Crawler) -> None:
    """Stop a crawl as soon as it runs: asked before, Scrapy would go on, and never stop any more."""
    while not getattr(getattr(crawler, "engine", None), "running", False):
        await asyncio.sleep(0.02)
    await crawler.stop_async()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # all is on disk; the interpreter's own end would wait for threads
