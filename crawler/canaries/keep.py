"""`bokeru canaries`: keeps chosen boke beside a crawl's tables, and says which."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.canaries.canary import NAME, Canary, as_rows
from crawler.canaries.choose import choose
from crawler.job import Job
from crawler.memory.mirror import mirror_of
from crawler.memory.row_writer import RowWriter
from store.errors import UserError
from store.forget.forgotten import Forgotten
from store.processes.lock import locked
from store.schema import CANARIES, JAPAN


def keep(job: Job, crawl: Path, count: int) -> list[Canary]:
    """Choose canaries from a crawl, write them in place of those of the job's crawl, and return them.

    Raises:
        UserError: none will do; a crawl is running; the disk or the mirror refuses.
        DamagedFile: a shard is not whole.
    """
    forgotten = Forgotten.load(job.directory.parent).filter()
    chosen = choose(crawl, job.site, count, forgotten)
    if not chosen:
        raise UserError(
            f"all boke of {crawl} that could be canaries are on the forget list of {job.pipeline}"
        )
    job.directory.mkdir(parents=True, exist_ok=True)
    with locked(job.directory / ".lock", f"is crawling {job.directory}"):
        mirror = mirror_of(job.options.mirror, job.directory)
        RowWriter(job.directory, job.options, mirror).write_beside(NAME, CANARIES, as_rows(chosen))
    return chosen


def lines(job: Job, canaries: Sequence[Canary]) -> Iterator[str]:
    """Yield what a terminal gets: each canary, and what becomes of them."""
    for canary in canaries:
        posted = f"{canary.posted.astimezone(JAPAN):%Y-%m-%d}" if canary.posted else "no date"
        yield f"{canary.boke_id}  {canary.stars:>7,} stars  {posted}  {canary.url}"
        yield f"    {' '.join(canary.text.split())}"
    yield (
        f"{len(canaries)} canaries are in {job.directory / NAME}. Look at them: if one is wrong, each crawl "
        f"will be held to a mistake. Try them: {job.command}"
    )
