"""The crawl stage: fetches what the tables still lack, in a process of its own.

This process reads no table and imports neither Scrapy nor pyarrow: the crawl's does, and it alone.
"""

import json
import subprocess
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.reports.run_report import CrawlReport
from store.errors import UserError, with_status
from store.notify.options import NotifyOptions
from store.processes import child
from store.processes.interruption import SIGNALS, Interrupted

DUE = b'"due"\n'
"""What the process that crawls says when it needs the address of the site."""


def crawl(
    options: CrawlOptions,
    directory: Path,
    *,
    site: AbstractContextManager[str | None],
    pipeline: str,
    retry_failed: bool = False,
    notify: NotifyOptions | None = None,
) -> CrawlReport | None:
    """Fetch what is missing of the pages and photos; print and return what then lies in `directory`.

    Where nothing is missing, and the mirror has all that it should have, nothing is started: None.
    SIGHUP, SIGINT and SIGTERM commit what was fetched; so does the death of this process, whatever its cause.

    Args:
        directory: `data/<pipeline>/crawl`, which gets `pages/`, `images/` and `report.json`.
        site: is entered when something is due; yields where the embedded site is served, if it is the site,
            which is used as a proxy.
        pipeline: its name, for messages.
        retry_failed: also fetch again what ended as `error` or `drift`.
        notify: who is told of long pauses.

    Raises:
        UserError: the crawl could not start or had to end; the message says why and what to do.
        Unexpected: a shard is not whole; nothing was started.
        Interrupted: a signal came, here or to the crawl's process alone.
    """
    job = Job(options, directory, None, pipeline, retry_failed, notify=notify or NotifyOptions())
    try:
        with child.running("crawler.run") as process:
            assert process.stdout
            _send(process, job.to_json())
            if (said := process.stdout.readline()) != DUE:
                return _result(said + process.stdout.read(), process, job)
            with site as address:
                _send(process, address)
                return _result(process.stdout.read(), process, job)
    except (UserError, Interrupted) as error:
        from crawler.reports.publish import settle

        settle(job, error)
        raise


def _send(process: "subprocess.Popen[bytes]", value: object) -> None:
    assert process.stdin
    with suppress(BrokenPipeError):  # it died before it had read that: how, its status says
        process.stdin.write(f"{json.dumps(value)}\n".encode())
        process.stdin.flush()


def _result(answer: bytes, process: "subprocess.Popen[bytes]", job: Job) -> CrawlReport | None:
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
    if result["report"] is None:
        return None
    report = CrawlReport(**result["report"])
    print(report)
    return report
