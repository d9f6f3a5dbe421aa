"""Measure the crawler: python -m benchmarks.crawl [speed] [memory] [resume] [before] [--archive all none].

speed: pages (each with a photo) a second, from the first to the last, against a spider that parses the same
pages with the same selectors, keeps Scrapy's statistics and stores nothing; in turns, served from memory by
another process. The ratio should be 0.7 with `--archive all` and 0.85 with `--archive none`.
before: the same against the crawler of another checkout (`--before`), in turns.
memory: resident memory at a tenth of the pages and at all of them.
resume: seconds from the start to the first request, and peak memory, of a crawl that knows 1,000,000 pages.
Figures are printed as JSON.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.crawl.memory import memory
from benchmarks.crawl.resume import resume
from benchmarks.crawl.speed import before, speed


def main() -> None:
    """Measure what the arguments name, and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["speed", "memory", "resume"])
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--known", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--page-kilobytes", type=int, default=59, help="fill odai pages to this size (59: real)"
    )
    parser.add_argument(
        "--archive",
        nargs="+",
        choices=["all", "none"],
        default=["all", "none"],
        help="crawl.archive, for speed",
    )
    parser.add_argument("--before", type=Path, help="a checkout to compare with, for `before`")
    arguments = parser.parse_args()
    measures: dict[str, Callable[[], dict[str, object]]] = {
        "speed": lambda: speed(arguments.rounds, arguments.page_kilobytes, arguments.archive),
        "before": lambda: before(arguments.before, arguments.rounds, arguments.page_kilobytes),
        "memory": lambda: memory(arguments.pages, arguments.archive[0]),
        "resume": lambda: resume(arguments.known),
    }
    for name in arguments.what:
        json.dump({name: measures[name]()}, sys.stdout, indent=1)
        print(flush=True)


if __name__ == "__main__":
    main()
