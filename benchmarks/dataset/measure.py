"""Measures a dataset build: time, CPU time and peak memory, and the rate of MeCab alone to compare with."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import MeCab
import psutil
import unidic_lite

from benchmarks.dataset.synthetic import write_crawl
from dataset import read
from dataset.build.stage import build
from dataset.builds.record import FOLDER
from dataset.options import DatasetOptions


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Yield a list whose only item becomes the peak resident bytes of this process and its children."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not done.wait(0.05):
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue  # it ended since the list was made
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def tokenise(captions: list[str]) -> tuple[float, float]:
    """Tokenise `captions` with MeCab; return the seconds and the CPU seconds that it took."""
    tagger = MeCab.Tagger(f'-r /dev/null -d "{unidic_lite.DICDIR}" -O wakati')
    tagger.parse("温")  # the first call loads the dictionary
    started, started_cpu = time.perf_counter(), time.process_time()
    for text in captions:
        tagger.parse(text).split()
    return time.perf_counter() - started, time.process_time() - started_cpu


def mecab_alone(captions: list[str], processes: int) -> dict[str, float]:
    """Return the rate and the cost of MeCab alone, with the captions shared among `processes`."""
    parts = [captions[index::processes] for index in range(processes)]
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        seconds, cpu = zip(*pool.map(tokenise, parts), strict=True)
    return {
        "captions_per_second": round(len(captions) / max(seconds)),
        "cpu_microseconds_per_caption": round(1e6 * sum(cpu) / len(captions), 2),
    }


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure_build(work: Path, photos: int, captions_per_photo: int, photo_bytes: int) -> dict[str, float]:
    """Write a synthetic crawl, build its dataset, and return what the build cost.

    The first build looks at every photo, which is told apart: the figures are those of a build from nothing
    but the crawl and what is kept of photos.
    """
    crawl, dataset = work / "crawl", work / "dataset"
    write_crawl(crawl, 0, photos, captions_per_photo, photo_bytes)
    os.sync()  # else the system writes gigabytes of the crawl to disk while the build is timed
    started = time.perf_counter()
    build(DatasetOptions(), [crawl], dataset, name="bench")
    first = time.perf_counter() - started
    for folder in (dataset, work / FOLDER):
        shutil.rmtree(folder)
    os.sync()
    with peak_memory() as peak:
        started, started_cpu = time.perf_counter(), cpu_seconds()
        build(DatasetOptions(), [crawl], dataset, name="bench")
        seconds, cpu = time.perf_counter() - started, cpu_seconds() - started_cpu
    splits: dict[str, dict[str, int]] = read.statistics(dataset)["splits"]
    captions = sum(split["captions"] for split in splits.values())
    return {
        "captions": captions,
        "photos": photos,
        "gigabytes": round(sum(path.stat().st_size for path in dataset.rglob("*.parquet")) / 1e9, 3),
        "first_seconds": round(first, 2),
        "seconds": round(seconds, 2),
        "captions_per_second": round(captions / seconds),
        "cpu_microseconds_per_caption": round(1e6 * cpu / captions, 2),
        "peak_resident_gigabytes": round(peak[0] / 1e9, 3),
    }


def measure_growth(work: Path, photos: int, captions_per_photo: int, photo_bytes: int) -> dict[str, float]:
    """Grow a measured crawl by a tenth, build again; return the cost and how many photos changed splits."""
    crawl, dataset = work / "crawl", work / "dataset"
    before = _splits(dataset)
    write_crawl(crawl, photos, photos // 10, captions_per_photo, photo_bytes)
    os.sync()
    started = time.perf_counter()
    build(DatasetOptions(), [crawl], dataset, name="bench")
    seconds = time.perf_counter() - started
    after = _splits(dataset)
    moved = sum(after.get(sha256) != split for sha256, split in before.items())
    return {"seconds": round(seconds, 2), "photos_moved": moved, **read.manifest(dataset)["texts"]}


def _splits(dataset: Path) -> dict[str, str]:
    """Return the split of each photo."""
    return {
        row["sha256"]: row["split"] for row in read.photos(dataset).select(["sha256", "split"]).to_pylist()
    }
