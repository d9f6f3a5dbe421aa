"""What the crawler costs beside a bare Scrapy spider, what it remembers, and how fast it comes back.

    python -m benchmarks.crawl [speed] [memory] [return] [--pages 200000]

speed: pages (with as many photos) a second, from the first to the last, against a spider that parses the
same pages with the same selectors and stores nothing; in turns, fed from memory by another process.
memory: resident memory at a tenth of the pages and at all of them.
return: seconds from start to the first request, and peak memory, of a crawl that knows 1,000,000 pages.
Figures are printed as JSON.
"""

import argparse
import asyncio
import json
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.items import PageRow
from crawler.job import Job
from crawler.markup import Document
from crawler.options import CrawlOptions
from crawler.parse import read
from crawler.run import crawl
from crawler.session import Session
from dataset.schema import IMAGES, PAGES
from dataset.shards import whole_parquet
from demo.content import EmbeddedSite
from demo.routes import HOST, Routes

PHOTOS, COPIES = 200, 5
CONTEXT = multiprocessing.get_context("spawn")
Respond = Callable[[str], tuple[bytes, str]]


# ---- sites that answer from memory, so that the crawler is what is measured


def recorded() -> Respond:
    """Return the embedded site's answers, each drawn once: lists, odai pages of ten boke, photos."""
    site = EmbeddedSite(PHOTOS, 10, 1)
    routes = Routes(site, "angular_2020")
    answers: dict[str, tuple[bytes, str]] = {}
    for photo in range(PHOTOS):
        odai, name = site.odai_bokes(photo, 1)[0].odai_id, site.photo_name(photo)
        page = routes.respond(f"/odai/{odai}", HOST).body.decode()
        image = routes.respond(f"/photo/odai/600/{name}_600.jpg", HOST).body
        for copy in range(COPIES):
            address, other = f"/odai/{odai + copy * 1_000_000}", f"{copy}{name[1:]}"
            body = page.replace(f"/odai/{odai}", address).replace(name, other)
            answers[address] = body.encode(), "text/html"
            answers[f"/photo/odai/600/{other}_600.jpg"] = image, "image/jpeg"
    links = "".join(
        f'<div class="boke"><div class="photo-content"><a href="{path}"><img></a></div>'
        f'<a class="boke-text" href="/boke/{number}"><div>x</div></a></div>'
        for number, path in enumerate(answers, 1)
        if path.startswith("/odai/")
    )
    answers["/boke/recent"] = (f'<html ng-app><div id="content">{links}</div>'.encode(), "text/html")
    return lambda path: answers.get(path, (b"", "text/plain"))


def endless() -> Respond:
    """Return the answers of a site of as many odai as anyone asks for, a thousand of which share a photo."""
    site = EmbeddedSite(1, 1, 1)
    first = site.odai_bokes(0, 1)[0].odai_id
    routes = Routes(site, "angular_2020")
    answer = routes.respond(f"/odai/{first}", HOST)
    template, kind = answer.body.decode(), answer.content_type
    photo = routes.respond(f"/photo/odai/240/{site.photo_name(0)}_240.jpg", HOST).body
    name = site.photo_name(0)

    def respond(path: str) -> tuple[bytes, str]:
        if path.startswith("/photo/"):
            return photo, "image/jpeg"
        found = re.fullmatch(r"/odai/(\d+)", path)
        if not found:
            return b"", kind
        number = int(found[1])
        page = template.replace(name, f"{number // 1000:032x}").replace(str(first), str(number))
        return re.sub(r'/boke/\d{3,}"', lambda m: f"/boke/{number}{m[0][-3:]}", page).encode(), kind

    return respond


def serve(make: Callable[[], Respond], pipe: Connection) -> None:
    """Answer GET requests from memory; tell the port, then when the first odai is asked for."""
    respond = make()
    asked: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            target = head.split(b" ", 2)[1].decode()
            path = "/" + target.split("/", 3)[3] if target.startswith("http") else target
            body, kind = respond(path)
            if path.startswith("/odai/") and not asked:
                asked.append(time.time())
                pipe.send(asked[0])
            length = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(length.encode() + body)
            await writer.drain()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(quietly, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await asyncio.get_running_loop().run_in_executor(None, pipe.poll, None)

    asyncio.run(main())


@contextmanager
def served(make: Callable[[], Respond]) -> Iterator[tuple[str, Connection]]:
    """Serve a site in another process; yield its address, and the pipe that tells of the first odai."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=serve, args=(make, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.kill()
        process.join()


def in_a_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Return what a function returns in a process of its own: a reactor runs only once."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_send, args=(theirs, function, *arguments))
    process.start()
    theirs.close()  # so that its end is told if it fails
    result = ours.recv()
    process.join()
    return result


def _send(pipe: Connection, function: Callable[..., Any], *arguments: object) -> None:
    pipe.send(function(*arguments))


# ---- speed


class BareSpider(Spider):
    """What anyone would write: follows the same links, reads the same pages, stores nothing."""

    name = "bare"
    read_at: list[float] = []  # noqa: RUF012

    async def start(self) -> AsyncIterator[Request]:
        """Yield the list."""
        yield self._request(f"http://{HOST}/boke/recent", self.parse)

    def parse(self, response: Response, **_: object) -> Iterator[Request]:
        """Read a page, and follow it."""
        self.read_at.append(time.perf_counter())
        page = read(Document(response.body, response.url, datetime.now(UTC)))[1]
        for link in page.links:
            yield self._request(link, self.parse)
        for photo in {page.image_url, *(boke.image_url for boke in page.bokes)} - {None}:
            yield self._request(str(photo), self.photo)

    def photo(self, response: Response) -> None:
        """Take a photo, and forget it."""

    def _request(self, url: str, callback: Callable[..., Any]) -> Request:
        return Request(url, callback, meta={"proxy": self.address, "download_slot": "crawl"})  # type: ignore[attr-defined]


def bare(address: str) -> float:
    """Return the pages a second of the bare spider."""
    settings = Settings(
        {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "LOG_LEVEL": "ERROR",
         "CONCURRENT_ITEMS": 1, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
         "HTTPPROXY_ENABLED": False}
    )  # fmt: skip
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, address=address)
    process.start()
    return rate(BareSpider.read_at)


def ours(address: str, directory: str) -> float:
    """Return the pages a second of this project's crawler, photos hashed and stored."""
    read_at: list[float] = []
    append = Session.append

    def watched(self: Session, row: Any) -> None:
        append(self, row)
        if isinstance(row, PageRow):
            read_at.append(time.perf_counter())

    Session.append = watched  # type: ignore[method-assign]
    crawl(Job(CrawlOptions(delay=0, concurrency=8), Path(directory), address))
    return rate(read_at)


def rate(moments: list[float]) -> float:
    """Return how many came a second, from the first to the last."""
    return (len(moments) - 1) / (moments[-1] - moments[0])


def speed(rounds: int) -> dict[str, object]:
    """Return pages a second of both spiders, in turns, and the median of their ratios."""
    figures: list[tuple[float, float]] = []
    with served(recorded) as (address, _):
        for _round in range(rounds):
            with tempfile.TemporaryDirectory() as directory:
                figures.append((in_a_process(bare, address), in_a_process(ours, address, directory)))
    return {
        "pages_per_second_bare": [round(bare, 1) for bare, _ in figures],
        "pages_per_second_ours": [round(ours, 1) for _, ours in figures],
        "ratio": round(median(ours / bare for bare, ours in figures), 3),
        "limit": 0.85,
    }


# ---- memory


def remembering(address: str, directory: str, pages: int) -> dict[str, object]:
    """Crawl `pages` odai, and return the resident megabytes at a tenth of them and at all."""
    found: dict[int, float] = {}
    append = Session.append

    def watched(self: Session, row: Any) -> None:
        append(self, row)
        if (count := self.counts.pages.total()) in (pages // 10, pages):
            found.setdefault(count, resident())

    Session.append = watched  # type: ignore[method-assign]
    options = CrawlOptions(start=(), odai=(f"1000000-{1000000 + pages - 1}",), delay=0, concurrency=8)
    started = time.perf_counter()
    crawl(Job(options, Path(directory), address))
    seconds = time.perf_counter() - started
    first, last = found[pages // 10], found[pages]
    return {"pages": pages, "seconds": round(seconds), "megabytes_at_a_tenth": first,
            "megabytes_at_the_end": last, "growth": round(last / first - 1, 3), "limit": 0.2}  # fmt: skip


def memory(pages: int) -> dict[str, object]:
    """Return how memory grows while so many pages are crawled."""
    with served(endless) as (address, _), tempfile.TemporaryDirectory() as directory:
        return dict(in_a_process(remembering, address, directory, pages))


def resident() -> float:
    """Return this process's resident megabytes, now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


# ---- coming back


def write_known(directory: Path, count: int) -> None:
    """Write the tables of a crawl that knows `count` pages of ten boke and seven links, and their photos."""
    step = 50_000
    for start in range(0, count, step):
        numbers = np.arange(start, start + step)
        write_pages(directory, numbers, count)
        write_photos(directory, numbers)


def write_pages(directory: Path, numbers: np.ndarray[Any, Any], count: int) -> None:
    """Write a shard of pages: known ones link to each other, and the last to some that are not known."""
    size = len(numbers)
    links = [f"http://{HOST}/odai/{(n * 7 + k) % (count + 100)}" for n in numbers for k in range(7)]
    photos = [f"http://photo.{HOST}/photo/odai/600/{n:032x}_600.jpg" for n in numbers]
    bokes = pa.StructArray.from_arrays(
        [pa.array(np.repeat(numbers, 10) * 10 + np.tile(np.arange(10), size), pa.int64()),
         pa.array(np.repeat(numbers, 10), pa.int64()), pa.nulls(size * 10, pa.string()),
         pa.array(["むちゃぶり"] * (size * 10)), *(pa.array(np.arange(size * 10), pa.int64()),) * 2,
         pa.array(["バカ"] * (size * 10)), pa.nulls(size * 10, PAGES.field("fetched_at").type)],
        fields=list(PAGES.field("bokes").type.value_type),
    )  # fmt: skip
    columns: dict[str, Any] = {name: pa.nulls(size, PAGES.field(name).type) for name in PAGES.names}
    columns |= {
        "url": [f"http://{HOST}/odai/{n}" for n in numbers],
        "outcome": ["ok"] * size, "odai_id": numbers, "image_url": photos,
        "fetched_at": [datetime(2026, 1, 1, tzinfo=UTC)] * size,
        "links": pa.ListArray.from_arrays(pa.array(range(0, size * 7 + 1, 7), pa.int32()), pa.array(links)),
        "bokes": pa.ListArray.from_arrays(pa.array(range(0, size * 10 + 1, 10), pa.int32()), bokes),
    }  # fmt: skip
    with whole_parquet(directory / "pages" / f"pages-{numbers[0]:09}.parquet", PAGES) as writer:
        writer.write_table(pa.table(columns, schema=PAGES))


def write_photos(directory: Path, numbers: np.ndarray[Any, Any]) -> None:
    """Write a shard of photos, without their bytes."""
    columns: dict[str, Any] = {name: pa.nulls(len(numbers), IMAGES.field(name).type) for name in IMAGES.names}
    columns["url"] = [f"http://photo.{HOST}/photo/odai/600/{n:032x}_600.jpg" for n in numbers]
    columns["outcome"] = ["ok"] * len(numbers)
    columns["fetched_at"] = [datetime(2026, 1, 1, tzinfo=UTC)] * len(numbers)
    with whole_parquet(directory / "images" / f"images-{numbers[0]:09}.parquet", IMAGES) as writer:
        writer.write_table(pa.table(columns, schema=IMAGES))


def coming_back(address: str, directory: str) -> tuple[float, float]:
    """Go on with a crawl for ten pages; return when it started, and the peak of its memory in megabytes."""
    started = time.time()
    known = len(list(Path(directory).glob("pages/*"))) * 50_000
    crawl(Job(CrawlOptions(delay=0, start=(), max_pages=known + 10), Path(directory), address))
    return started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def return_to(count: int) -> dict[str, object]:
    """Return how long a crawl that knows `count` pages takes to its first request, and what it needs."""
    with served(endless) as (address, pipe), tempfile.TemporaryDirectory() as directory:
        write_known(Path(directory), count)
        started, megabytes = in_a_process(coming_back, address, directory)
        seconds = pipe.recv() - started
    return {"known_pages": count, "seconds_to_first_request": round(seconds, 2), "limit_seconds": 10,
            "peak_megabytes": round(megabytes), "limit_megabytes": 1500}  # fmt: skip


def main() -> None:
    """Measure what the arguments name, and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["speed", "memory", "return"])
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--known", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    measures: dict[str, Callable[[], dict[str, object]]] = {
        "speed": lambda: speed(arguments.rounds),
        "memory": lambda: memory(arguments.pages),
        "return": lambda: return_to(arguments.known),
    }
    for name in arguments.what:
        json.dump({name: measures[name]()}, sys.stdout, indent=1)
        print(flush=True)


if __name__ == "__main__":
    main()
