"""`python -m crawler.run`: one crawl in a process of its own, since a reactor starts once in a process.

The job comes as a line of JSON on standard input, the result goes as JSON to standard output. When
standard input ends, the process that asked for the crawl has ended or wants it to stop: rows are committed,
and it ends.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from queue import SimpleQueue
from typing import TextIO

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.components.session import Session
from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.report import CrawlReport, problems
from crawler.spiders.bokete import BoketeSpider
from store import logs
from store.errors import UserError, first_by_status
from store.photo.options import Limits
from store.place import INVOCATION
from store.processes.interruption import deferred, install, received

_PATIENCE = 10.0
Stops = SimpleQueue[str]
"""What asks a crawl to end. It may be filled in a signal's handler, which a lock could not bear."""


def main() -> None:
    """Crawl, and print a JSON object: `report`, or `error` with the exit `status` of the UserError.

    A signal ends the process with its own exit status, when the crawl has wound down; nothing is printed.
    """
    install()
    try:
        _answer()
    except (KeyboardInterrupt, RuntimeError):  # libraries in C turn the one into the other
        if not (stop := received()):
            raise
        os._exit(stop.exit_status)


def _answer() -> None:
    stops = Stops()
    job = Job.from_json(json.loads(sys.stdin.readline()))
    INVOCATION.config, INVOCATION.pipeline = job.config, job.pipeline
    Limits.options = job.photos
    logs.start_log(job.verbosity)
    threading.Thread(target=_await_end, args=(sys.stdin, stops), daemon=True).start()
    try:
        report = crawl(job, stops)
    except UserError as error:
        _fail(error)
    except OSError as error:
        place = error.filename or job.directory
        _fail(UserError(f"{place} cannot be written: {error.strerror}"))
    else:
        print(json.dumps({"report": asdict(report)}))


def _fail(error: UserError) -> None:
    print(json.dumps({"error": str(error), "status": error.exit_status}), flush=True)


def _await_end(stream: TextIO, stops: Stops) -> None:
    stream.read()
    stops.put("end of input")


def crawl(job: Job, stops: Stops | None = None, *, process: AsyncCrawlerProcess | None = None) -> CrawlReport:
    """Crawl in this process, which must not have run a reactor before.

    Args:
        job: what to crawl.
        stops: the crawl also ends as soon as something comes here.
        process: Scrapy's, where a command of Scrapy has made it.

    Raises:
        UserError: the crawl could not start, or had to end before it was complete.
        Interrupted: a signal came; what was fetched is committed.
    """
    running: Future[tuple[Crawler, Session]] = Future()
    stops = Stops() if stops is None else stops
    threading.Thread(target=_stop, args=(stops, job, running), daemon=True).start()
    with Session(job) as session:
        process = process or AsyncCrawlerProcess(_settings(job))
        crawler = process.create_crawler(BoketeSpider)
        logs.escape_all()
        crawling = process.crawl(crawler, session=session)
        running.set_result((crawler, session))
        with deferred(lambda: stops.put("signal")):
            process.start(install_signal_handlers=False)
    crawling.result()
    if failure := first_by_status(_failures(job, session)):
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
    if session.close_reason != "finished" and not session.failure:
        yield _stopped(job)
        return  # a crawl that was stopped half-way may have any share of drift or refusals
    try:
        with Tables(job) as tables:
            yield from problems(job, tables, session.counts)
            if not session.failure and not tables.is_complete():
                yield UserError(f"some addresses could not be fetched; see the log. Try again: {job.command}")
    except UserError as error:
        yield error


def _stopped(job: Job) -> UserError:
    return UserError(f"stopped before it was complete. What was fetched is kept; go on with: {job.command}")


def _stop(stops: Stops, job: Job, running: "Future[tuple[Crawler, Session]]") -> None:
    """Wait to be asked to end; then commit, stop, and do not wait long for answers under way."""
    stops.get()
    if not running.done():
        # The input has ended before anything is fetched: a mirror is read, say, file by file, each whole.
        _fail(_stopped(job))
        os._exit(0)
    from twisted.internet import reactor  # only now is it the one that the crawl runs

    crawler, session = running.result()
    reactor.callFromThread(session.writer.try_commit)
    reactor.callFromThread(lambda: asyncio.ensure_future(_stop_running(crawler)))
    time.sleep(_PATIENCE)
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
