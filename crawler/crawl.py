"""The crawl stage: fetches what the tables still lack, in a process of its own."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.job import Job
from crawler.memory.mirror import mirror_of
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from crawler.report import CrawlReport, check_drift
from store.errors import UsageError, UserError

_PATIENCE = 15.0


def is_complete(
    options: CrawlOptions, directory: Path, *, pipeline: str = "NAME", retry_failed: bool = False
) -> bool:
    """Tell whether nothing is left to fetch or to mirror; neither a site nor a reactor is started for that.

    Raises:
        UserError: the settings forbid to crawl at all, too much of what was fetched is drift, or the mirror
            cannot be reached.
        DamagedFile: a shard of the crawl is not whole.
    """
    job = Job(options, directory, None, pipeline, retry_failed)
    job.check()
    with Tables(job) as tables:
        complete = tables.is_complete()
        if complete:
            check_drift(job, tables)
    mirror = mirror_of(options.mirror, directory) if complete else None
    return complete and not (mirror and mirror.differs())


def crawl(
    options: CrawlOptions,
    directory: Path,
    *,
    address: str | None,
    pipeline: str,
    retry_failed: bool = False,
) -> CrawlReport:
    """Fetch what is missing of the pages and photos, and return what then lies in `directory`.

    Ctrl-C and SIGTERM commit what was fetched; so does the death of this process.

    Args:
        directory: `data/<pipeline>/crawl`, which gets `pages/`, `images/` and `report.json`.
        address: where the embedded site is served, if it is the site; it is used as a proxy.
        pipeline: its name, for messages.
        retry_failed: also fetch again what ended as `error` or `drift`.

    Raises:
        UserError: the crawl could not start or had to end; the message says why and what to do.
        DamagedFile: a shard is not whole; nothing was started.
    """
    job = Job(options, directory, address, pipeline, retry_failed, datetime.now(UTC))
    job.check()
    with Tables(job):  # damage is told before anything starts
        pass
    command = [sys.executable, "-m", "crawler.run"]
    # Its own session: Ctrl-C reaches this process alone, which then lets the crawl wind down.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        return _result(_talk(child, json.dumps(job.to_json())), child, job)


def _talk(child: subprocess.Popen[str], job: str) -> str:
    assert child.stdin
    assert child.stdout
    try:
        child.stdin.write(job + "\n")
        child.stdin.flush()
        return child.stdout.read()
    except BaseException:
        child.stdin.close()  # asks the crawl to end
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
        raise


def _result(answer: str, child: subprocess.Popen[str], job: Job) -> CrawlReport:
    status = child.wait()
    try:
        result: dict[str, Any] = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        reason = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        raise UserError(
            f"the crawl's process {reason}. What it had committed is whole; go on with: {job.command}"
        ) from None
    if "error" in result:
        raise (UsageError if result["kind"] == "usage" else UserError)(result["error"])
    report = CrawlReport(**result["report"])
    print(report)
    return report
