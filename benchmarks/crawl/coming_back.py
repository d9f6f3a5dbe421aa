"""How fast a crawl that knows very many pages is back at work, and how much memory that takes."""

import resource
import tempfile
import time
from pathlib import Path

from benchmarks.crawl.known import SHARD, write_known
from benchmarks.crawl.processes import in_a_process, served
from benchmarks.crawl.sites import endless
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.run import crawl


def return_to(count: int) -> dict[str, object]:
    """Return how long a crawl that knows `count` pages takes to its first request, and what it needs."""
    with served(endless) as (address, pipe), tempfile.TemporaryDirectory() as directory:
        write_known(Path(directory), count)
        started, megabytes = in_a_process(coming_back, address, directory)
        seconds = pipe.recv() - started
    return {"known_pages": count, "seconds_to_first_request": round(seconds, 2), "limit_seconds": 10,
            "peak_megabytes": round(megabytes), "limit_megabytes": 1500}  # fmt: skip


def coming_back(address: str, directory: str) -> tuple[float, float]:
    """Go on with a crawl for ten pages; return when it started, and the peak of its memory in megabytes."""
    started = time.time()
    known = len(list(Path(directory).glob("pages/*"))) * SHARD
    crawl(Job(CrawlOptions(delay=0, start=(), max_pages=known + 10), Path(directory), address))
    return started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
