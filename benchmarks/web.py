"""The web app under load: one visitor, then sixteen at once for a minute, who behave like people.

    python -m benchmarks.web [--data DIR] [--pipeline NAME] [--seconds 60] [--visitors 16]
                             [--uploads 100] [--forgers 50]

A visitor opens a page with its pictures, reads for a few seconds (2 s on average, the same in every run; the
single visitor reads faster, to give as many measurements), and opens the next; one page in six writes
captions, a photo's page asks for its neighbours. The server runs in a child process. Expected: no error, a
95th percentile of the pages for sixteen visitors at most 3 times that for one, and memory that does not grow
from ten seconds after the sixteen came until they go. Then the sixteen come again, with a hundred who send a
photo but for its end beside them, and fifty who ask for captions without a pause and with cookies that they
make up (`benchmarks.hostile_visitors`): the server's memory stays under 1 GB, none of the sixteen is refused
who was not before, and the 95th percentiles of their pages and captions are at most 3 times those without.
At the end, more captions are requested at once than the queue takes: each request must be answered, or
refused with Retry-After.
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

from benchmarks.hostile_visitors import attack

READING = 2.0
"""Mean seconds that a visitor reads a page."""
SETTLED = 10.0
"""Seconds after which the caches are full."""
MAX_GROWTH = 1.1
"""The limit of the memory at the end, as a multiple of that after `SETTLED`."""
MAX_SLOWDOWN = 3.0
"""The limit of the 95th percentile for many visitors, as a multiple of that for one, and of theirs beside
hostile ones."""
MAX_MEMORY = 1000.0
"""The limit of the server's memory beside hostile visitors, in MB."""


KINDS = ("page", "photo", "captions", "neighbours")
"""Of requests."""


@dataclass
class Figures:
    """The visitors' measurements: seconds by kind of request, and counts of statuses and errors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
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
def served(data: Path, pipeline: str) -> Iterator[tuple[str, int]]:
    """Serve the app in a child process; yield its address and the process's number."""
    code = f"import pathlib, web.app; web.app.serve(pathlib.Path({str(data)!r}), {pipeline!r}, port=0)"
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8")
    assert server.stdout is not None
    line = server.stdout.readline()
    address = re.search(r"http://\S+", line)
    if address is None:
        raise SystemExit(f"the server did not start: {line}")
    try:
        yield address[0], server.pid
    finally:
        server.kill()  # it holds nothing; a signal that it handles would be lines as an error
        server.wait()
        server.stdout.close()


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
            if page == "photo" and "data-follow" in text:
                await fetch(client, f"{path}/neighbours", "neighbours", figures)
            seen.update(re.findall(r"photos/([0-9a-f]{64})", text))
            await asyncio.sleep(choose.expovariate(1 / reading))


def memory(process: int) -> dict[str, float]:
    """Return MB of a process: its own, and of files that it has mapped, which others share."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = dict(re.findall(r"(RssAnon|RssFile):\s+(\d+)", status))
    return {"own": int(found["RssAnon"]) / 1024, "mapped": int(found["RssFile"]) / 1024}


async def memory_at(process: int, seconds: float) -> dict[str, float]:
    """Return its memory after some seconds."""
    await asyncio.sleep(seconds)
    return memory(process)


def wait_until_ready(address: str, pipeline: str) -> float:
    """Return the seconds until the app shows its dataset."""
    started = time.perf_counter()
    while httpx.get(f"{address}/pipelines/{pipeline}/data", timeout=60).status_code == 503:
        time.sleep(0.1)
    return time.perf_counter() - started


async def visitors(
    address: str, pipeline: str, count: int, seconds: float, reading: float = READING
) -> Figures:
    """Act as `count` visitors at once."""
    figures = Figures()
    await asyncio.gather(
        *(visit(address, pipeline, number, seconds, reading, figures) for number in range(count))
    )
    return figures


async def watched(
    address: str, arguments: argparse.Namespace, process: int
) -> tuple[Figures, dict[str, float]]:
    """Act as many visitors; return their figures, and the server's memory once it has settled."""
    figures, settled = await asyncio.gather(
        visitors(address, arguments.pipeline, arguments.visitors, arguments.seconds),
        memory_at(process, SETTLED),
    )
    return figures, settled


@dataclass
class Siege:
    """What visitors had, beside hostile ones, and what those had."""

    figures: Figures
    uploads: Counter[str]
    forgers: Counter[int | str]
    memory: float
    """The most that the server held meanwhile, in MB."""

    def lines(self, before: Figures) -> Iterator[str]:
        """Yield lines that compare it with the same visitors by themselves."""
        yield f"beside hostile visitors: {self.figures}"
        for kind in ("page", "captions"):
            if min(len(self.figures.seconds[kind]), len(before.seconds[kind])) > 1:
                times = self.figures.percentile_95(kind) / before.percentile_95(kind)
                yield f"{kind}, 95% in: {times:.2f} times; limit: {MAX_SLOWDOWN:.0f}"
        yield f"refused: {self.refused}, {before.endings[503]} without hostile ones"
        yield f"memory: {self.memory:.0f} MB at most; limit: {MAX_MEMORY:.0f}"
        yield f"stalled photos: {dict(self.uploads)}; answers to forgers: {dict(self.forgers)}"

    @property
    def refused(self) -> int:
        """How many requests of the visitors had no answer, or were refused."""
        return sum(count for status, count in self.figures.endings.items() if status != 200)


async def besieged(
    address: str, arguments: argparse.Namespace, process: int, reading: float = READING
) -> Siege:
    """Act as many visitors and as hostile ones at once."""
    highest = [0.0]

    async def watch() -> None:
        while True:
            highest[0] = max(highest[0], sum(memory(process).values()))
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    figures, (uploads, forgers) = await asyncio.gather(
        visitors(address, arguments.pipeline, arguments.visitors, arguments.seconds, reading),
        attack(address, arguments.pipeline, arguments.uploads, arguments.forgers, arguments.seconds),
    )
    watching.cancel()
    return Siege(figures, uploads, forgers, highest[0])


async def crowd(address: str, pipeline: str, count: int = 60) -> Counter[str]:
    """Request captions for visitors of `count` addresses at one moment; return how many ended in which
    way."""
    endings = Counter[str]()

    async def ask(number: int) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.3.{number + 1}")
        async with httpx.AsyncClient(base_url=address, timeout=60, transport=transport) as client:
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
    parser.add_argument("--uploads", type=int, default=100, help="photos that stall")
    parser.add_argument("--forgers", type=int, default=50, help="visitors who make up cookies")
    arguments = parser.parse_args()
    with served(arguments.data, arguments.pipeline) as (address, process):
        print(f"ready after {wait_until_ready(address, arguments.pipeline):.1f} s")
        asyncio.run(visitors(address, arguments.pipeline, 4, 5, READING / 8))  # fills the caches
        single = asyncio.run(visitors(address, arguments.pipeline, 1, arguments.seconds, READING / 8))
        many, before = asyncio.run(watched(address, arguments, process))
        after = memory(process)
        print(f"1 visitor:   {single}")
        print(f"{arguments.visitors} visitors: {many}")
        times = many.percentile_95("page") / single.percentile_95("page")
        print(f"pages, 95% in: {times:.2f} times the single visitor's; limit: {MAX_SLOWDOWN:.0f}")
        for kind, least in before.items():
            growth = f"{least:.0f} MB after {SETTLED:.0f} s, {after[kind]:.0f} MB at the end"
            print(f"memory, {kind}: {growth}: {after[kind] / least:.2f} times; limit: {MAX_GROWTH}")
        for line in asyncio.run(besieged(address, arguments, process)).lines(many):
            print(line)
        print(f"60 requests for captions at once: {dict(asyncio.run(crowd(address, arguments.pipeline)))}")


if __name__ == "__main__":
    main()
