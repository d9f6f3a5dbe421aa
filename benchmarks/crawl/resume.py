"""How long a crawl that knows very many pages takes to resume, and how much memory."""

import resource
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks.crawl.known import write_known
from benchmarks.crawl.processes import in_a_process, served
from benchmarks.crawl.sites import endless
from crawler.crawl import crawl
from crawler.memory.merging import tidy
from crawler.options import CrawlOptions


def resume(count: int) -> dict[str, object]:
    """Return the time to the first request of a crawl that knows `count` pages, and its peak memory."""
    with served(endless) as (address, pipe), tempfile.TemporaryDirectory() as directory:
        write_known(Path(directory), count)
        tidy(Path(directory), None)  # once in a crawl's life: what the runs before this one had merged
        started = time.time()
        megabytes = in_a_process(resume_crawl, address, directory, count)
        seconds = pipe.recv() - started
    return {"known_pages": count, "seconds_to_first_request": round(seconds, 2), "limit_seconds": 10,
            "peak_megabytes": round(megabytes), "limit_megabytes": 1500}  # fmt: skip


def resume_crawl(address: str, directory: str, known: int) -> float:
    """Resume a crawl for ten pages, as the command does; return its peak memory in megabytes."""
    options = CrawlOptions(delay=0, start=(), max_pages=10)
    if not crawl(options, Path(directory), site=nullcontext(address), pipeline="benchmark"):
        raise RuntimeError("nothing is left to fetch: the generated tables are wrong")
    # DuckDB works in a child process, so the children count too.
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(peaks) / 1024
