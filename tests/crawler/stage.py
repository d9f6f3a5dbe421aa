"""Crawls for tests, of a site that is served already, and asks whether anything is due."""

from contextlib import nullcontext
from pathlib import Path

from crawler import completeness
from crawler import crawl as stage
from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from crawler.reports.run_report import CrawlReport
from store.notify.options import NotifyOptions
from tests.crawler.warm import crawls_are_forked


def crawl(
    options: CrawlOptions,
    directory: Path,
    *,
    address: str | None,
    pipeline: str,
    retry_failed: bool = False,
    notify: NotifyOptions | None = None,
) -> CrawlReport:
    """Crawl as `crawler.crawl.crawl` does; something must be due.

    Args:
        address: where the embedded site is served, None for another site.
    """
    site = nullcontext(address)
    with crawls_are_forked():
        report = stage.crawl(
            options, directory, site=site, pipeline=pipeline, retry_failed=retry_failed, notify=notify
        )
    assert report, "nothing was due"
    return report


def is_complete(
    options: CrawlOptions, directory: Path, *, pipeline: str = "NAME", retry_failed: bool = False
) -> bool:
    """Tell whether nothing is left to fetch or to mirror; `crawler.completeness` has the errors."""
    job = Job(options, directory, None, pipeline, retry_failed)
    job.check()
    with Tables(job) as tables:
        return completeness.is_complete(job, tables)
