"""Asks for every kind of page of the web app on a prepared pipeline: the first of its kind, then others."""

import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx
import psutil
import pyarrow.parquet as pq

from benchmarks.size.commands import BOKERU, values
from benchmarks.size.limits import MADE, WHOLE
from benchmarks.size.make import NAME
from benchmarks.size.measuring import Cost, watched
from benchmarks.size.prepare import Prepared
from benchmarks.size.report import PREPARING

_SITE, _API = f"/pipelines/{NAME}", f"/api/pipelines/{NAME}"
PAGES = {
    "generate": f"{_SITE}/generate?strategy=beam&page={{number}}",
    "generate, train": f"{_SITE}/generate?split=train&photo={{sha256}}",
    "photo": f"{_SITE}/photos/{{sha256}}",
    "overview": "/",
    "data": f"{_SITE}/data?page={{number}}",
    "data, words": f"{_SITE}/data?label=猫&page={{number}}",
    "data, stars": f"{_SITE}/data?sort=stars&stars={{number}}&page={{number}}",
    "data, near": f"{_SITE}/data?sort=near&least=1&page={{number}}",
    "data, loss": f"{_SITE}/data?sort=loss&split=dev&page={{number}}",
    "data, lengths": f"{_SITE}/data?length_min={{number}}&posted_from=2015-01-0{{number}}",
    "find, words": f"{_SITE}/find?words=猫",
    "find, like": f"{_SITE}/find?like={{sha256}}",
    "data, csv": f"{_SITE}/data.csv?sort=stars",
    "statistics": f"{_SITE}/statistics",
    "statistics, few": f"{_SITE}/statistics?stars={{number}}&label=猫",
    "training": f"{_SITE}/training",
    "map": f"{_SITE}/map",
    "side by side": f"{_SITE}/side-by-side?run={{run}}&run={{run}}&page={{number}}",
    "why": f"{_SITE}/photos/{{sha256}}/why?caption=猫が転職した",
    "try": f"{_SITE}/try",
    "picture": f"{_SITE}/photos/{{sha256}}.jpg?size=240",
    "api, pipelines": "/api/pipelines",
    "api, pipeline": _API,
    "api, statistics": f"{_API}/statistics",
    "api, photos": f"{_API}/photos?page={{number}}",
    "api, photo": f"{_API}/photos/{{sha256}}",
    "api, image": f"{_API}/photos/{{sha256}}/image",
    "api, rows": f"{_API}/photos/{{sha256}}/rows",
    "api, neighbours": f"{_API}/photos/{{sha256}}/neighbours",
    "api, captions": f"{_API}/photos/{{sha256}}/captions",
    "api, runs": f"{_API}/runs",
}
POSTED = {"upload": f"{_API}/captions"}
"""Kinds of page that take a photo of one's own."""
_STEP = 0.01
"""Seconds in which the system counts a process's time: what took less is taken for so much."""
_PATIENCE = 60
"""Seconds that a server may take from naming its address to listening there."""
LATER = 5
"""So many later pages of a kind; the median counts."""
_AGAIN = 0.2
"""Seconds until a page that was not ready is asked for again."""
_LACKS = re.compile("has no vector|have no vector")
"""What a page says that could not be made, with status 200."""


def run(prepared: Prepared) -> dict[str, Cost]:
    """Return the cost of the server, of the first page of each kind, and of a later one.

    First of what a server keeps on disk for later ones. Then the first overview, photo page and Generate are
    each asked of a server that has shown nothing else.
    """
    photos, most = _photos(prepared), 0
    costs = {PREPARING: _preparing(prepared, photos[0])}
    print(f"{prepared.photos:,} photos, {PREPARING}: {costs[PREPARING]}", file=sys.stderr, flush=True)
    for kinds in (["overview"], ["photo"], [*PAGES, *POSTED]):
        words = ["web", *values(prepared.folder)["place"].split()]
        with served(prepared, words) as visitor, watched(visitor.process) as peak:
            for kind in kinds:
                times = 2 if kind in WHOLE else 1 + LATER
                first, *later = [visitor.asks(kind, photos[-n], n) for n in range(1, 1 + times)]
                costs.setdefault("web", replace(first, seconds=visitor.began + first.seconds, processor=0))
                costs.setdefault(f"{kind}: first", first)
                costs.setdefault(f"{kind}: later", _usual(later))
                both = f"{first}; later {costs[f'{kind}: later']}"
                print(f"{prepared.photos:,} photos, {kind}: {both}", file=sys.stderr, flush=True)
        most = max(most, peak[0])
    costs["web"] = replace(costs["web"], memory=most)
    return costs | {"site": _site(prepared)}


def _preparing(prepared: Prepared, sha256: str) -> Cost:
    """Return what it takes until the index and the vectors are on disk: pages that need them say so."""
    with served(prepared, ["web", *values(prepared.folder)["place"].split()]) as visitor:
        started, used = time.perf_counter(), visitor.used()
        for kind in ("photo", "generate", "api, neighbours"):
            while (answer := visitor.asks(kind, sha256, 1)).status == 503:
                time.sleep(_AGAIN)
            if answer.status:
                return answer
        return Cost(time.perf_counter() - started, visitor.used() - used)


def _usual(costs: list[Cost]) -> Cost:
    """Return the medians of several costs; one that failed counts before all."""
    failed = [cost for cost in costs if cost.status]
    seconds = statistics.median(cost.seconds for cost in costs)
    processor = statistics.median(cost.processor for cost in costs) + _STEP
    return failed[0] if failed else Cost(seconds, processor)


def _photos(prepared: Prepared) -> list[str]:
    """Return the sha256 of some training photos, spread over all of them, the last one at the end."""
    shards = sorted((prepared.data / NAME / "dataset" / "data").glob("train-*.parquet"))
    names = [
        name for path in shards for name in pq.read_table(path, columns=["sha256"])["sha256"].to_pylist()
    ]
    return [*names[:: max(1, len(names) // 10)], names[-1]]


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks a server for pages.

    Args:
        client: with the server's address.
        process: the server.
        began: seconds until it listened.
        upload: the photo that is sent where one is wanted.
        run: the name of the pipeline's run.
    """

    client: httpx.Client
    process: psutil.Process
    began: float
    upload: bytes
    run: str

    def asks(self, kind: str, sha256: str, number: int) -> Cost:
        """Ask for page `number`, from 1, of a kind, or for that of a photo."""
        path = (PAGES | POSTED)[kind].format(sha256=sha256, number=number, run=self.run)
        started, used = time.perf_counter(), self.used()
        answer = self.client.post(path, content=self.upload) if kind in POSTED else self.client.get(path)
        while answer.status_code == 503 and kind in MADE:
            time.sleep(_AGAIN)
            answer = self.client.get(path)
        seconds, used = time.perf_counter() - started, self.used() - used
        text = answer.text if "image" not in answer.headers.get("Content-Type", "") else ""
        if lacks := _LACKS.search(text):
            return Cost(seconds, used, status=answer.status_code, said=f"the page says {lacks[0]!r}")
        if answer.status_code != 200:
            return Cost(seconds, used, status=answer.status_code, said=text[:200])
        return Cost(seconds, used)

    def used(self) -> float:
        """Return the seconds of processor that the server has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def _site(prepared: Prepared) -> Cost:
    """Return what the embedded site takes to show its first list."""
    with served(prepared, ["site"]) as visitor, watched(visitor.process) as most:
        started = time.perf_counter()
        status = visitor.client.get("/boke/recent").status_code
        seconds = visitor.began + time.perf_counter() - started
        time.sleep(0.2)  # so that its memory is seen once
    return Cost(seconds, memory=most[0], status=0 if status == 200 else status)


@contextmanager
def served(prepared: Prepared, words: list[str]) -> Iterator[Visitor]:
    """Run a command that serves, on a free port; yield who asks it."""
    started = time.perf_counter()
    with (prepared.folder / "logs" / f"{words[0]}.log").open("w", encoding="utf-8") as log:
        command = [*BOKERU, *words, "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        assert server.stdout is not None
        address = re.search(r"http://[\w.:]+", server.stdout.readline())
        try:
            if address is None:
                raise SystemExit(f"`bokeru {words[0]}` did not start: see {log.name}")
            _wait(address[0])
            began = time.perf_counter() - started
            headers = {"Content-Type": "application/octet-stream"}
            with httpx.Client(base_url=address[0], timeout=600, headers=headers) as client:
                upload = (prepared.folder / "photo.jpg").read_bytes()
                run = next((prepared.data / NAME / "runs").glob("[!.]*")).name
                yield Visitor(client, psutil.Process(server.pid), began, upload, run)
        finally:
            server.kill()  # it holds nothing
            server.wait()
            server.stdout.close()


def _wait(address: str) -> None:
    """Wait until a server takes connections: it names its address a moment before."""
    host, _, port = address.removeprefix("http://").partition(":")
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with socket.create_connection((host, int(port))):
                return
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
