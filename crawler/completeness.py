"""Whether a crawl has all that it was asked for."""

from crawler.job import Job
from crawler.memory.mirror import mirror_of
from crawler.memory.tables import Tables
from crawler.reports.counts import problems
from store.errors import first_by_status
from store.register.listed import missing
from store.register.stages import Stage


def is_complete(job: Job, tables: Tables) -> bool:
    """Tell whether nothing is left to fetch or to mirror.

    Raises:
        UserError: too much of what was fetched is refused or drift, or the mirror cannot be reached.
        DamagedFile: a shard of the crawl is not whole.
    """
    complete = tables.is_complete()
    if complete and (problem := first_by_status(problems(job, tables))):
        raise problem
    if missing(Stage("crawl", job.directory)):  # what is not due again leaves the manifest
        return False
    mirror = mirror_of(job.options.mirror, job.directory) if complete else None
    return complete and not (mirror and mirror.differs())
