"""The crawl stage: fetches what the tables still lack, in a process of its own."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.job import Job
from crawler.memory.mirror import mirror_of
from crawler.memory.tables import Tables, check_shards
from crawler.options import CrawlOptions
from crawler.reports.counts import problems
from crawler.reports.publish import settle
from crawler.reports.run_report import CrawlReport
from store.errors import UserError, first_by_status, with_status
from store.notify.options import NotifyOptions
from store.processes import child
from store.processes.interruption import SIGNALS, Interrupted
from store.register.listed import missing
from store.register.stages import Stage


def is_complete(
    options: CrawlOptions, directory: Path, *, pipeline: str = "NAME", retry_failed: bool = False
) -> bool:
    """Tell whether nothing is left to fetch or to mirror; neither a site nor a reactor is started for that.

    Raises:
        UserError: the settings forbid to crawl at all, too much of what was fetched is refused or drift, or
            the mirror cannot be reached.
        DamagedFile: a shard of the crawl is not whole.
    """
    job = Job(options, directory, None, pipeline, retry_failed)
    job.check()
    with Tables(job) as tables:
        complete = tables.is_complete()
        if complete and (problem := first_by_status(problems(job, tables))):
            raise problem
    if missing(Stage("crawl", directory)):  # what is not due again leaves the manifest
        return False
    mirror = mirror_of(options.mirror, directory) if complete else None
    return complete and not (mirror and mirror.differs())


def crawl(
    options: CrawlOptions,
    directory: Path,
    *,
    address: str | None,
    pipeline: str,
    retry_failed: bool = False,
    notify: NotifyOptions | None = None,
) -> CrawlReport:
    """Fetch what is missing of the pages and photos, and return what then lies in `directory`.

    SIGHUP, SIGINT and SIGTERM commit what was fetched; so does the death of this process, whatever its cause.

    Args:
        directory: `data/<pipeline>/crawl`, which gets `pages/`, `images/` and `report.json`.
        address: where the embedded site is served, if it is the site; it is used as a proxy.
        pipeline: its name, for messages.
        retry_failed: also fetch again what ended as `error` or `drift`.
        notify: who is told of long pauses.

    Raises:
        UserError: the crawl could not start or had to end; the message says why and what to do.
        DamagedFile: a shard is not whole; nothing was started.
        Interrupted: a signal came, here or to the crawl's process alone.
    """
    started, notify = datetime.now(UTC), notify or NotifyOptions()
    job = Job(options, directory, address, pipeline, retry_failed, started, notify=notify)
    job.check()
    check_shards(job)  # one that is cut short fails here, before anything starts
    try:
        with child.running("crawler.run") as process:
            return _result(_talk(process, json.dumps(job.to_json())), process, job)
    except (UserError, Interrupted) as error:
        settle(job, error)
        raise


def _talk(process: "subprocess.Popen[bytes]", job: str) -> bytes:
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(f"{job}\n".encode())
        process.stdin.flush()
    except BrokenPipeError:
        return b""  # it died before it had read its job: how, its status says
    return process.stdout.read()


def _result(answer: bytes, process: "subprocess.Popen[bytes]", job: Job) -> CrawlReport:
    status = process.wait()
    try:
        result: dict[str, Any] = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        number = -status if status < 0 else status - 128  # it wound down, or was still starting
        if number in SIGNALS:
            raise Interrupted(number) from None
        raise UserError(
            f"the crawl's process {child.ending(status)}. What it had committed is whole; "
            f"go on with: {job.command}"
        ) from None
    if "error" in result:
        raise with_status(result["error"], result["status"])
    report = CrawlReport(**result["report"])
    print(report)
    return report
