"""`python -m crawler.run`: one crawl in a process of its own, since a reactor starts once in a process.

The job comes as a line of JSON on standard input, the result goes as JSON to standard output. When
standard input ends, whoever asked for the crawl is gone or wants it to stop: rows are committed, and it ends.
"""

import asyncio
import json
import os
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict
from typing import TextIO

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.components.session import Session
from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.report import CrawlReport, check_drift
from crawler.spiders.bokete import BoketeSpider
from store.errors import UsageError, UserError

_PATIENCE = 10.0


def main() -> None:
    """Crawl, and print a JSON object: `report`, or `error` with the `kind` of the UserError."""
    job = Job.from_json(json.loads(sys.stdin.readline()))
    try:
        report = crawl(job, until_end_of=sys.stdin)
    except UserError as error:
        _fail(error)
    except OSError as error:
        place = error.filename or job.directory
        _fail(UserError(f"{place} cannot be written: {error.strerror}"))
    else:
        print(json.dumps({"report": asdict(report)}))


def _fail(error: UserError) -> None:
    kind = "usage" if isinstance(error, UsageError) else "user"
    print(json.dumps({"error": str(error), "kind": kind}), flush=True)


def crawl(job: Job, until_end_of: TextIO | None = None) -> CrawlReport:
    """Crawl in this process, which must not have run a reactor before.

    Args:
        job: what to crawl.
        until_end_of: stop where this stream ends.

    Raises:
        UserError: the crawl could not start, or had to end before it was complete.
    """
    running: Future[tuple[Crawler, Session]] = Future()
    if until_end_of is not None:
        threading.Thread(target=_stop, args=(until_end_of, job, running), daemon=True).start()
    with Session(job) as session:
        settings = Settings()
        settings.setmodule("crawler.settings", priority="project")
        process = AsyncCrawlerProcess(settings)
        crawler = process.create_crawler(BoketeSpider)
        crawling = process.crawl(crawler, session=session)
        running.set_result((crawler, session))
        process.start()
    crawling.result()
    if session.failure:
        raise session.failure
    if session.closed_as != "finished":
        raise _stopped(job)
    with Tables(job) as tables:
        check_drift(job, tables)
        if not tables.is_complete():
            raise UserError(f"some addresses could not be fetched; see the log. Try again: {job.command}")
    assert session.report
    return session.report


def _stopped(job: Job) -> UserError:
    return UserError(f"stopped before it was complete. What was fetched is kept; go on with: {job.command}")


def _stop(stream: TextIO, job: Job, running: "Future[tuple[Crawler, Session]]") -> None:
    """Wait for the stream to end; then commit, stop, and do not wait long for answers under way."""
    stream.read()
    if not running.done():  # nothing is fetched yet: its mirror is read, say, file by file, each whole or not
        _fail(_stopped(job))
        os._exit(0)
    from twisted.internet import reactor  # only now is it the one that the crawl runs

    crawler, session = running.result()
    reactor.callFromThread(session.store.rescue)
    reactor.callFromThread(lambda: asyncio.ensure_future(_stop_running(crawler)))
    time.sleep(_PATIENCE)
    os._exit(1)


async def _stop_running(crawler: Crawler) -> None:
    """Stop a crawl as soon as it runs: asked before, Scrapy would go on, and never stop any more."""
    while not getattr(getattr(crawler, "engine", None), "running", False):
        await asyncio.sleep(0.02)
    await crawler.stop_async()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # all is on disk; the interpreter's own end would wait for threads
