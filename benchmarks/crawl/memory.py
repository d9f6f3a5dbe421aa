"""How the memory of a crawl grows: resident memory early on and at the end."""

import resource
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

from benchmarks.crawl.processes import in_a_process, served
from benchmarks.crawl.sites import endless
from crawler.components.session import Session
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.run import crawl

Archive = Literal["all", "none"]


def memory(pages: int, archive: Archive) -> dict[str, object]:
    """Return how resident memory grows over a crawl of `pages` pages, with `crawl.archive` set so."""
    with served(endless) as (address, _), tempfile.TemporaryDirectory() as directory:
        return dict(in_a_process(crawl_and_measure, address, directory, pages, archive))


def crawl_and_measure(address: str, directory: str, pages: int, archive: Archive) -> dict[str, object]:
    """Crawl `pages` odai, and return the resident megabytes at a tenth of them and at all."""
    found: dict[int, float] = {}
    # Patched instead of sampled: the count of pages, not the time, says when to measure.
    append = Session.append

    def append_and_measure(self: Session, row: Any) -> Any:
        written = append(self, row)
        if (count := self.counts.pages.total()) in (pages // 10, pages):
            found.setdefault(count, resident())
        return written

    Session.append = append_and_measure  # type: ignore[method-assign]
    odai = f"1000000-{1000000 + pages - 1}"
    options = CrawlOptions(start=(), odai=(odai,), delay=0, concurrency=8, archive=archive)
    started = time.perf_counter()
    crawl(Job(options, Path(directory), address))
    seconds = time.perf_counter() - started
    first, last = found[pages // 10], found[pages]
    return {"pages": pages, "archive": archive, "seconds": round(seconds), "megabytes_at_a_tenth": first,
            "megabytes_at_the_end": last, "growth": round(last / first - 1, 3), "limit": 0.2}  # fmt: skip


def resident() -> float:
    """Return the resident megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)
