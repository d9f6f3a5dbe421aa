"""The web app under load: one visitor, then sixteen at once for a minute, who behave like people.

    python -m benchmarks.web [--data DIR] [--pipeline NAME] [--seconds 60] [--visitors 16]

A visitor opens a page with its pictures, reads for a few seconds (2 s on average, the same in every run; the
single visitor reads faster, to give as many measurements), and opens the next; one page in six writes
captions. The server runs in a child process. Expected: no error, and a 95th percentile of the pages for
sixteen visitors at most 3 times that for one. At the end, more captions are requested at once than the queue
takes: each request must be answered, or refused with Retry-After.
"""

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

READING = 2.0
"""Mean seconds that a visitor reads a page."""
MAX_SLOWDOWN = 3.0
"""The limit of the 95th percentile for many visitors, as a multiple of that for one."""


@dataclass
class Figures:
    """The visitors' measurements: seconds by kind of request, and counts of statuses and errors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "photo": [], "captions": []})
    endings: Counter[int | str] = field(default_factory=Counter)

    def percentile_95(self, kind: str) -> float:
        """Return the 95th percentile of the response times, in milliseconds."""
        return 1000 * statistics.quantiles(self.seconds[kind], n=20)[-1]

    def __str__(self) -> str:
        lines = []
        for kind, seconds in self.seconds.items():
            if len(seconds) > 1:
                median = 1000 * statistics.median(seconds)
                percentile = self.percentile_95(kind)
                lines.append(f"{kind}: {len(seconds)}, median {median:.0f} ms, 95% in {percentile:.0f} ms")
        return "; ".join([*lines, f"endings {dict(self.endings)}"])


@contextmanager
def served(data: Path, pipeline: str) -> Iterator[str]:
    """Serve the app in a child process; yield its address."""
    code = f"import pathlib, web.app; web.app.serve(pathlib.Path({str(data)!r}), {pipeline!r}, port=0)"
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    address = re.search(r"http://\S+", line)
    if address is None:
        raise SystemExit(f"the server did not start: {line}")
    try:
        yield address[0]
    finally:
        server.kill()  # it holds nothing; a signal that it handles would be lines as an error
        server.wait()


async def fetch(client: httpx.AsyncClient, path: str, kind: str, figures: Figures) -> str:
    """Send a request, and record its time and its status."""
    started = time.perf_counter()
    try:
        answer = await client.get(path)
    except httpx.HTTPError as error:
        figures.endings[type(error).__name__] += 1
        return ""
    figures.seconds[kind].append(time.perf_counter() - started)
    figures.endings[answer.status_code] += 1
    return answer.text


async def visit(
    address: str, pipeline: str, number: int, seconds: float, reading: float, figures: Figures
) -> None:
    """Act as one visitor for `seconds`."""
    # Each visitor's choices depend on its number alone: every run asks for the same pages.
    choose = random.Random(number)
    seen: set[str] = set()
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await asyncio.sleep(choose.random() * reading)
        while time.monotonic() < end:
            page = choose.choice(("data", "data", "statistics", "training", "photo", "generate"))
            path = f"/pipelines/{pipeline}/{page}"
            if page == "data":
                path += f"?page={choose.randint(1, 9)}"
            if page == "generate":
                path += f"?strategy=sample&seed={choose.randint(0, 999)}&page={choose.randint(1, 9)}"
            if page == "photo":
                path = (
                    f"/pipelines/{pipeline}/photos/{choose.choice(sorted(seen))}"
                    if seen
                    else path[:-5] + "data"
                )
            text = await fetch(client, path, "captions" if page == "generate" else "page", figures)
            photos = list(dict.fromkeys(re.findall(r'src="(/pipelines/[^"]+\.jpg[^"]*)"', text)))
            await asyncio.gather(*(fetch(client, name, "photo", figures) for name in photos[:6]))
            seen.update(re.findall(r"photos/([0-9a-f]{64})", text))
            await asyncio.sleep(choose.expovariate(1 / reading))


async def visitors(
    address: str, pipeline: str, count: int, seconds: float, reading: float = READING
) -> Figures:
    """Act as `count` visitors at once."""
    figures = Figures()
    await asyncio.gather(
        *(visit(address, pipeline, number, seconds, reading, figures) for number in range(count))
    )
    return figures


async def crowd(address: str, pipeline: str, count: int = 60) -> Counter[str]:
    """Request captions for `count` visitors at one moment; return how many requests ended in which way."""
    endings = Counter[str]()

    async def ask(number: int) -> None:
        cookies = {"visitor": f"crowd{number}"}
        async with httpx.AsyncClient(base_url=address, timeout=60, cookies=cookies) as client:
            try:
                answer = await client.get(f"/pipelines/{pipeline}/generate?page={number % 9 + 1}")
            except httpx.HTTPError as error:
                endings[type(error).__name__] += 1
                return
            refused = answer.status_code == 503 and "retry-after" in answer.headers
            written = answer.status_code == 200
            endings["written" if written else "refused with Retry-After" if refused else "failed"] += 1

    await asyncio.gather(*(ask(number) for number in range(count)))
    return endings


def main() -> None:
    """Measure one visitor, then many, then too many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--pipeline", default="demo")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=16)
    arguments = parser.parse_args()
    with served(arguments.data, arguments.pipeline) as address:
        asyncio.run(visitors(address, arguments.pipeline, 4, 5, READING / 8))  # fills the caches
        single = asyncio.run(visitors(address, arguments.pipeline, 1, arguments.seconds, READING / 8))
        many = asyncio.run(visitors(address, arguments.pipeline, arguments.visitors, arguments.seconds))
        print(f"1 visitor:   {single}")
        print(f"{arguments.visitors} visitors: {many}")
        times = many.percentile_95("page") / single.percentile_95("page")
        print(f"pages, 95% in: {times:.2f} times the single visitor's; limit: {MAX_SLOWDOWN:.0f}")
        print(f"60 requests for captions at once: {dict(asyncio.run(crowd(address, arguments.pipeline)))}")


if __name__ == "__main__":
    main()
