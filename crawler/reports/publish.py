"""Writes what other programs watch a crawl by: report.json, and metrics.prom for Prometheus."""

import logging
from contextlib import suppress

from crawler.job import Job
from crawler.reports.exposition import exposition
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.errors import UserError
from store.processes.interruption import Interrupted
from store.whole_file import TEMPORARY, read_object, write_json

_LOG = logging.getLogger(__name__)
REPORT, METRICS = "report.json", "metrics.prom"


def publish(job: Job, report: CrawlReport, traffic: Traffic) -> None:
    """Write both files, each in one step; that metrics.prom cannot be written stops nothing.

    Raises:
        OSError: report.json cannot be written.
    """
    try:
        # Not by store.whole_file: node_exporter reads whatever ends in .prom, a temporary file too.
        temporary = job.directory / f"{TEMPORARY}metrics"
        temporary.write_text(exposition(report, traffic, job.pipeline), encoding="utf-8")
        temporary.replace(job.directory / METRICS)
    except OSError as error:
        _LOG.warning("%s is not renewed: %s", job.directory / METRICS, error.strerror)
    write_json(job.directory / REPORT, report.to_json())


def settle(job: Job, error: UserError | Interrupted) -> None:
    """Correct the report of a crawl whose process could not write how it ended, or knew of another signal."""
    with suppress(OSError, UserError, TypeError):
        report = CrawlReport(**read_object(job.directory / REPORT))
        is_ours = report.started_at == job.started.isoformat(timespec="seconds")
        if is_ours and report.exit_status != error.exit_status:
            failure = error if isinstance(error, UserError) else None
            status = None if failure else error.exit_status
            write_json(job.directory / REPORT, report.ended(failure, status=status).to_json())
