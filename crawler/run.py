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
from dataclasses import asdict
from typing import TextIO

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.job import Job
from crawler.report import CrawlReport, check_drift
from crawler.session import Session
from crawler.spiders.bokete import BoketeSpider
from crawler.tables import Tables
from dataset.errors import UsageError, UserError

_PATIENCE = 10.0


def main() -> None:
    """Crawl, and print a JSON object: `report`, or `error` with the `kind` of the UserError."""
    job = Job.from_json(json.loads(sys.stdin.readline()))
    try:
        report = crawl(job, until_end_of=sys.stdin)
    except UserError as error:
        kind = "usage" if isinstance(error, UsageError) else "user"
        print(json.dumps({"error": str(error), "kind": kind}))
    except OSError as error:
        place = error.filename or job.directory
        print(json.dumps({"error": f"{place} cannot be written: {error.strerror}", "kind": "user"}))
    else:
        print(json.dumps({"report": asdict(report)}))


def crawl(job: Job, until_end_of: TextIO | None = None) -> CrawlReport:
    """Crawl in this process, which must not have run a reactor before.

    Args:
        job: what to crawl.
        until_end_of: stop where this stream ends.

    Raises:
        UserError: the crawl could not start, or had to end before it was complete.
    """
    with Session(job) as session:
        settings = Settings()
        settings.setmodule("crawler.settings", priority="project")
        process = AsyncCrawlerProcess(settings)
        crawler = process.create_crawler(BoketeSpider)
        crawling = process.crawl(crawler, session=session)
        if until_end_of is not None:
            threading.Thread(target=_stop, args=(until_end_of, crawler, session), daemon=True).start()
        process.start()
    crawling.result()
    if session.failure:
        raise session.failure
    if session.closed_as != "finished":
        raise UserError(
            f"stopped before it was complete. What was fetched is kept; go on with: {job.command}"
        )
    with Tables(job) as tables:
        check_drift(job, tables)
        if not tables.is_complete():
            raise UserError(f"some addresses could not be fetched; see the log. Try again: {job.command}")
    assert session.report
    return session.report


def _stop(stream: TextIO, crawler: Crawler, session: Session) -> None:
    """Wait for the stream to end; then commit, stop, and do not wait long for answers under way."""
    from twisted.internet import reactor

    stream.read()
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
