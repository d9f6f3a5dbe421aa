"""How the web app holds up: one visitor, then sixteen at once for a minute, as people visit.

    python -m benchmarks.web [--data DIR] [--pipeline NAME] [--seconds 60] [--visitors 16]

A visitor opens a page with the pictures on it, reads for a few seconds (drawn from the same seed for every
run, 2 s on average; the single visitor reads faster, to be measured as often), and opens the next; one page
in six writes captions. The server runs in a process of its own, on this machine's loopback. Asked: no error,
and the time within which 95% of the pages come for sixteen visitors at most 3 times that for one. At the
end, more captions are asked for at one time than the queue takes: each is either written, or refused with a
time to come back at.
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
"""Seconds that a visitor looks at a page, on average."""
ASKED = 3.0


@dataclass
class Figures:
    """What the visitors met: seconds by kind of request, and how the requests ended."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "photo": [], "captions": []})
    answers: Counter[int | str] = field(default_factory=Counter)

    def slowest(self, kind: str) -> float:
        """Return the milliseconds within which 95% of the requests were answered."""
        return 1000 * statistics.quantiles(self.seconds[kind], n=20)[-1]

    def __str__(self) -> str:
        told = []
        for kind, seconds in self.seconds.items():
            if len(seconds) > 1:
                median = 1000 * statistics.median(seconds)
                slowest = self.slowest(kind)
                told.append(f"{kind}: {len(seconds)}, median {median:.0f} ms, 95% in {slowest:.0f} ms")
        return "; ".join([*told, f"answers {dict(self.answers)}"])


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
        server.kill()  # it holds nothing; a signal that it handles would be told as an error
        server.wait()


async def fetch(client: httpx.AsyncClient, path: str, kind: str, figures: Figures) -> str:
    """Ask for one thing, and note how long it took and how it ended."""
    started = time.perf_counter()
    try:
        answer = await client.get(path)
    except httpx.HTTPError as error:
        figures.answers[type(error).__name__] += 1
        return ""
    figures.seconds[kind].append(time.perf_counter() - started)
    figures.answers[answer.status_code] += 1
    return answer.text


async def visit(
    address: str, pipeline: str, number: int, seconds: float, reading: float, figures: Figures
) -> None:
    """Be one visitor until the time is over."""
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
    """Be `count` visitors at once."""
    figures = Figures()
    await asyncio.gather(
        *(visit(address, pipeline, number, seconds, reading, figures) for number in range(count))
    )
    return figures


async def crowd(address: str, pipeline: str, count: int = 60) -> Counter[str]:
    """Ask for captions for everybody at one moment; return how many were written and how many sent away."""
    ends = Counter[str]()

    async def ask(number: int) -> None:
        cookies = {"visitor": f"crowd{number}"}
        async with httpx.AsyncClient(base_url=address, timeout=60, cookies=cookies) as client:
            try:
                answer = await client.get(f"/pipelines/{pipeline}/generate?page={number % 9 + 1}")
            except httpx.HTTPError as error:
                ends[type(error).__name__] += 1
                return
            refused = answer.status_code == 503 and "retry-after" in answer.headers
            ends[
                "written" if answer.status_code == 200 else "told to come back" if refused else "failed"
            ] += 1

    await asyncio.gather(*(ask(number) for number in range(count)))
    return ends


def main() -> None:
    """Measure one visitor, then many, then too many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--pipeline", default="demo")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=16)
    arguments = parser.parse_args()
    with served(arguments.data, arguments.pipeline) as address:
        asyncio.run(visitors(address, arguments.pipeline, 4, 5, READING / 8))  # what is read once is read
        single = asyncio.run(visitors(address, arguments.pipeline, 1, arguments.seconds, READING / 8))
        many = asyncio.run(visitors(address, arguments.pipeline, arguments.visitors, arguments.seconds))
        print(f"1 visitor:   {single}")
        print(f"{arguments.visitors} visitors: {many}")
        times = many.slowest("page") / single.slowest("page")
        print(f"pages, 95% in: {times:.2f} times the single visitor's; asked: at most {ASKED:.0f}")
        print(f"60 ask for captions at once: {dict(asyncio.run(crowd(address, arguments.pipeline)))}")


if __name__ == "__main__":
    main()
