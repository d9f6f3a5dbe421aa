"""Writes what other programs watch a crawl by: report.json, and metrics.prom for Prometheus."""

import logging
from contextlib import suppress
from pathlib import Path

from crawler.job import Job
from crawler.reports.exposition import exposition
from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.errors import UserError
from store.processes.interruption import Interrupted
from store.register.listed import changing, unlist
from store.register.stages import Stage
from store.whole_file import TEMPORARY, read_object, write_json

_LOG = logging.getLogger(__name__)
REPORT, METRICS = "report.json", "metrics.prom"


class Publisher:
    """Writes both files of a crawl, each in one step; says once of each that it cannot be written."""

    def __init__(self, job: Job, traffic: Traffic) -> None:
        self._job, self._traffic = job, traffic
        self._failed: set[str] = set()

    def renew(self, report: CrawlReport) -> None:
        """Write both while the crawl runs: that one cannot be written stops nothing."""
        try:
            unlist(*_files(self._job))  # a kill must not leave what the manifest does not know
            self._write(report)
        except OSError as error:
            self._warn(REPORT, error)

    def publish(self, report: CrawlReport) -> None:
        """Write both files; metrics.prom may fail.

        Raises:
            OSError: report.json cannot be written.
        """
        with changing(*_files(self._job)):
            self._write(report)

    def _write(self, report: CrawlReport) -> None:
        try:
            # Not by store.whole_file: node_exporter reads whatever ends in .prom, a temporary file too.
            temporary = self._job.directory / f"{TEMPORARY}metrics"
            temporary.write_text(exposition(report, self._traffic, self._job.pipeline), encoding="utf-8")
            temporary.replace(self._job.directory / METRICS)
        except OSError as error:
            self._warn(METRICS, error)
        write_json(self._job.directory / REPORT, report.to_json())

    def _warn(self, name: str, error: OSError) -> None:
        if name not in self._failed:
            self._failed.add(name)
            _LOG.warning("%s cannot be renewed: %s", self._job.directory / name, error.strerror)


def settle(job: Job, error: UserError | Interrupted) -> None:
    """Correct the report of a crawl whose process could not write how it ended, or knew of another signal."""
    with suppress(OSError, UserError, TypeError):
        report = CrawlReport(**read_object(job.directory / REPORT))
        is_ours = report.started_at == job.started.isoformat(timespec="seconds")
        if is_ours and report.exit_status != error.exit_status:
            failure = error if isinstance(error, UserError) else None
            status = None if failure else error.exit_status
            with changing(*_files(job)):
                write_json(job.directory / REPORT, report.ended(failure, status=status).to_json())


def _files(job: Job) -> tuple[Stage, list[Path]]:
    """Return the crawl, and the files that are renewed while it runs."""
    return Stage("crawl", job.directory), [job.directory / name for name in (REPORT, METRICS)]
