"""`bokeru history --accept`: what raised the alarm is usual from now on."""

from crawler.history.history import Row, load_history
from crawler.job import Job
from crawler.memory.mirror import mirror_of
from crawler.memory.row_writer import RowWriter
from store.processes.lock import locked
from store.register.crawl_runs import NAME
from store.schema import HISTORY


def accept(job: Job) -> Row | None:
    """Let the newest run that raised an alarm begin a new normal; return it, or None where there is none.

    An alarm that a later run of the same scope has outlived, by ending well, is none any more.

    Raises:
        UserError: a crawl is running, or the file cannot be written.
        DamagedFile: it is not whole.
    """
    with locked(job.directory / ".lock", f"is crawling {job.directory}"):
        runs = load_history(job)
        newest = next((run for run in reversed(runs) if run["alarm"] or run["status"] == 0), None)
        if newest is None or not newest["alarm"] or newest["accepted"]:
            return None
        newest["accepted"] = True
        writer = RowWriter(job.directory, job.options, mirror_of(job.options.mirror, job.directory))
        writer.write_beside(NAME, HISTORY, runs)
        return newest
