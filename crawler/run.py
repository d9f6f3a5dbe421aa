"""`python -m crawler.run`: one crawl in a process of its own, since a reactor starts once in a process.

The job comes as a line of JSON on standard input, the result goes as JSON to standard output. When
standard input ends, whoever asked for the crawl is gone or wants it to stop: rows are committed, and it ends.
"""

import asyncio
import json
import os
import sys
import threading
from dataclasses import asdict

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler.job import Job
from crawler.report import CrawlReport, check_drift
from crawler.session import Session
from crawler.spiders.bokete import BoketeSpider
from crawler.tables import Tables
from dataset.errors import UsageError, UserError


def main() -> None:
    """Crawl, and print a JSON object: `report`, or `error` with the `kind` of the UserError."""
    job = Job.from_json(json.loads(sys.stdin.readline()))
    try:
        report = crawl(job)
    except UserError as error:
        kind = "usage" if isinstance(error, UsageError) else "user"
        print(json.dumps({"error": str(error), "kind": kind}))
    else:
        print(json.dumps({"report": asdict(report)}))


def crawl(job: Job) -> CrawlReport:
    """Crawl in this process, which must not have run a reactor before.

    Raises:
        UserError: the crawl could not start, or had to end before it was complete.
    """
    with Session(job) as session:
        settings = Settings()
        settings.setmodule("crawler.settings", priority="project")
        process = AsyncCrawlerProcess(settings)
        process.crawl(BoketeSpider, session=session)
        threading.Thread(target=_stop_with_input, args=(process,), daemon=True).start()
        process.start()
    if session.failure:
        raise session.failure
    with Tables(job) as tables:
        check_drift(job, tables)
    assert session.report
    return session.report


def _stop_with_input(process: AsyncCrawlerProcess) -> None:
    from twisted.internet import reactor

    sys.stdin.read()
    reactor.callFromThread(lambda: asyncio.ensure_future(process.stop()))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # all is on disk; the interpreter's own end would wait for threads
