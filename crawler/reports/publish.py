"""Writes what other programs watch a crawl by: report.json, and metrics.prom for Prometheus."""

import logging

from crawler.job import Job
from crawler.reports.exposition import exposition
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.whole_file import TEMPORARY, write_json

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
