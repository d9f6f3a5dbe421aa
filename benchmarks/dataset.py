"""What a dataset build costs at the size of ボケ缶: time, memory, growth, against MeCab alone.

    python -m benchmarks.dataset [--photos 100000] [--captions-per-photo 11] [--directory DIR]

The crawl is generated: 1,100,000 captions with ボケ缶's distribution of stars, photos as random bytes of
realistic size. Figures are printed as JSON.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import MeCab
import psutil
import pyarrow as pa
import unidic_lite

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.processes.cores import cores
from store.schema import IMAGES, PAGES
from store.shards import whole_parquet

STARS = (
    (98_736, 0, 0),
    (955_901, 1, 100),
    (37_342, 101, 1000),
    (8_183, 1001, 10_000),
    (380, 10_001, 150_000),
)
"""ボケ缶's cans: how many boke, and from how many stars to how many."""
WHO = [
    "父",
    "母",
    "犬",
    "猫",
    "社長",
    "部長",
    "先生",
    "店員",
    "忍者",
    "侍",
    "宇宙人",
    "医者",
    "力士",
    "赤ちゃん",
]
WHERE = [
    "家",
    "学校",
    "会社",
    "駅前",
    "海",
    "山",
    "風呂",
    "台所",
    "宇宙",
    "病院",
    "公園",
    "電車",
    "屋上",
    "砂漠",
]
WHAT = ["財布", "眼鏡", "帽子", "弁当", "宿題", "携帯", "鍵", "傘", "名刺", "入れ歯", "靴下", "寿司", "布団"]
DID = [
    "忘れた",
    "食べた",
    "落とした",
    "盗まれた",
    "見つけた",
    "投げた",
    "拾った",
    "隠した",
    "売った",
    "洗った",
]
ENDS = ["", "！", "？", "…", "らしい", "だって", "かもしれない", "とは言ってない", "んだが", "笑"]
MOST_GIGABYTES = 2.0
MOST_TIMES = 1.3
"""How much longer a caption may take with ten times as many."""
LEAST_SHARE = 0.5
"""Of the rate of MeCab alone, in one process."""

PHOTOS = 100_000
PHOTO_BYTES = 40_000
SHARD_PHOTOS = 5_000


def caption(draw: random.Random) -> str:
    """Return a caption of about 17 characters; few are drawn twice."""
    number = draw.choice(["", f"{draw.randrange(100)}回目、", f"{draw.randrange(1900, 2030)}年、"])
    return (
        f"{number}{draw.choice(WHERE)}で{draw.choice(WHO)}が{draw.choice(WHO)}の"
        f"{draw.choice(WHAT)}を{draw.choice(DID)}{draw.choice(ENDS)}"
    )


def generate(directory: Path, first: int, photos: int, captions_per_photo: int, photo_bytes: int) -> None:
    """Add odai `first` and on to the crawl in `directory`."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(first, first + photos, SHARD_PHOTOS):
        draw = random.Random(start)
        ids = range(start, min(start + SHARD_PHOTOS, first + photos))
        pages = [_page(odai, captions_per_photo, draw, now) for odai in ids]
        with whole_parquet(directory / "pages" / f"pages-{start:09d}.parquet", PAGES) as writer:
            writer.write_table(pa.Table.from_pylist(pages, PAGES), row_group_size=1000)
        with whole_parquet(directory / "images" / f"images-{start:09d}.parquet", IMAGES) as writer:
            for at in range(0, len(ids), 100):
                rows = [_image(odai, photo_bytes, draw, now) for odai in ids[at : at + 100]]
                writer.write_table(pa.Table.from_pylist(rows, IMAGES))


def _url(odai: int) -> str:
    return f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{odai:032x}_600.jpg"


def _page(odai: int, captions: int, draw: random.Random, now: datetime) -> dict[str, object]:
    bokes = []
    for number in range(captions):
        [(_, low, high)] = draw.choices(STARS, [count for count, _, _ in STARS])
        stars = draw.randint(low, high)
        boke = {
            "boke_id": odai * 1000 + number,
            "odai_id": odai,
            "image_url": _url(odai),
            "text": caption(draw),
        }
        bokes.append({**boke, "stars": stars, "raters": stars // 2, "category": "シュール", "posted": now})
    page: dict[str, object] = {"url": f"https://bokete.jp/odai/{odai}", "layout": "bokekan"}
    page |= {"status": 200, "outcome": "ok"}
    page |= {"fetched_at": now + timedelta(seconds=odai), "odai_id": odai, "image_url": _url(odai)}
    return page | {"category": "動物", "labels": [draw.choice(WHO)], "bokes": bokes, "links": []}


def _image(odai: int, size: int, draw: random.Random, now: datetime) -> dict[str, object]:
    content = draw.randbytes(max(16, int(size * draw.uniform(0.5, 1.5))))
    image = {"url": _url(odai), "status": 200, "outcome": "ok", "fetched_at": now + timedelta(seconds=odai)}
    image |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": content, "width": 600, "height": 450}
    return image | {"format": "jpeg", "phash": f"{draw.getrandbits(64):016x}"}


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
                    continue
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def cut(captions: list[str]) -> tuple[float, float]:
    """Cut `captions` with MeCab; return the seconds and the CPU seconds that took."""
    tagger = MeCab.Tagger(f'-r /dev/null -d "{unidic_lite.DICDIR}" -O wakati')
    tagger.parse("温")
    started, spent = time.perf_counter(), time.process_time()
    for text in captions:
        tagger.parse(text).split()
    return time.perf_counter() - started, time.process_time() - spent


def mecab_alone(captions: list[str], processes: int) -> dict[str, float]:
    """Return what MeCab alone takes, in so many processes at a time."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        seconds, spent = zip(
            *pool.map(cut, [captions[at::processes] for at in range(processes)]), strict=True
        )
    return {
        "captions_per_second": round(len(captions) / max(seconds)),
        "cpu_microseconds_per_caption": round(1e6 * sum(spent) / len(captions), 2),
    }


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(work: Path, photos: int, captions_per_photo: int, photo_bytes: int) -> dict[str, float]:
    """Generate a crawl, build its dataset, and return what that cost."""
    crawl, dataset = work / "crawl", work / "dataset"
    generate(crawl, 0, photos, captions_per_photo, photo_bytes)
    os.sync()  # else the system writes gigabytes of the crawl to disk while the build is timed
    with peak_memory() as peak:
        started, spent = time.perf_counter(), cpu_seconds()
        build(DatasetOptions(), [crawl], dataset, name="bench")
        seconds, spent = time.perf_counter() - started, cpu_seconds() - spent
    splits: dict[str, dict[str, int]] = read.statistics(dataset)["splits"]
    captions = sum(split["captions"] for split in splits.values())
    return {
        "captions": captions,
        "photos": photos,
        "gigabytes": round(sum(path.stat().st_size for path in dataset.iterdir()) / 1e9, 3),
        "seconds": round(seconds, 2),
        "captions_per_second": round(captions / seconds),
        "cpu_microseconds_per_caption": round(1e6 * spent / captions, 2),
        "peak_resident_gigabytes": round(peak[0] / 1e9, 3),
    }


def grow(work: Path, photos: int, captions_per_photo: int, photo_bytes: int) -> dict[str, float]:
    """Grow a measured crawl by a tenth, build again, and return what that cost and whether a photo moved."""
    crawl, dataset = work / "crawl", work / "dataset"
    before = {
        row["sha256"]: row["split"] for row in read.photos(dataset).select(["sha256", "split"]).to_pylist()
    }
    generate(crawl, photos, photos // 10, captions_per_photo, photo_bytes)
    os.sync()
    started = time.perf_counter()
    build(DatasetOptions(), [crawl], dataset, name="bench")
    seconds = time.perf_counter() - started
    after = {
        row["sha256"]: row["split"] for row in read.photos(dataset).select(["sha256", "split"]).to_pylist()
    }
    moved = sum(after.get(sha256) != split for sha256, split in before.items())
    return {"seconds": round(seconds, 2), "photos_moved": moved, **read.manifest(dataset)["texts"]}


def main() -> None:
    """Measure, print, and fail where a figure is out of its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS, help="the limits are for %(default)s at least")
    parser.add_argument("--captions-per-photo", type=int, default=11)
    parser.add_argument("--directory", type=Path, help="where the crawls go (a temporary folder)")
    arguments = parser.parse_args()
    photos, per = arguments.photos, arguments.captions_per_photo
    work = Path(tempfile.mkdtemp(dir=arguments.directory))
    try:
        draw = random.Random(1)
        drawn = [caption(draw) for _ in range(200_000)]
        most = cores()
        alone = {processes: mecab_alone(drawn, processes) for processes in sorted({1, most})}
        captions_only = measure(work / "captions", photos, per, 0)
        tenth = measure(work / "tenth", photos // 10, per, PHOTO_BYTES)
        full = measure(work / "full", photos, per, PHOTO_BYTES)
        grown = grow(work / "full", photos, per, PHOTO_BYTES)
        shutil.rmtree(work / "full")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratios = {
        "peak_resident_gigabytes": max(
            full["peak_resident_gigabytes"], captions_only["peak_resident_gigabytes"]
        ),
        "times_the_tenth_per_caption": round(tenth["captions_per_second"] / full["captions_per_second"], 3),
        "share_of_mecab_alone": round(
            captions_only["captions_per_second"] / alone[1]["captions_per_second"], 3
        ),
        "photos_moved": grown["photos_moved"],
    }
    figures = {"cores": most, "mecab_alone_by_processes": alone, "tenth": tenth, "full": full}
    figures |= {"grown_by_a_tenth": grown, "captions_only": captions_only, "in_short": ratios}
    print(json.dumps(figures, indent=1))
    if photos >= PHOTOS:  # what a build takes to start would count for more with fewer
        sys.exit("\n".join(short_of(ratios)) or None)


def short_of(ratios: dict[str, float]) -> list[str]:
    """Return what is out of its limit, a line each."""
    peak, times = ratios["peak_resident_gigabytes"], ratios["times_the_tenth_per_caption"]
    share = ratios["share_of_mecab_alone"]
    told = {
        f"peak memory was {peak} GB; {MOST_GIGABYTES} are allowed": peak > MOST_GIGABYTES,
        f"a caption took {times} times as long as with a tenth; {MOST_TIMES} are allowed": times > MOST_TIMES,
        f"the rate was {share} of MeCab's alone; {LEAST_SHARE} are wanted": share < LEAST_SHARE,
        f"{ratios['photos_moved']} photos changed sides; none may": ratios["photos_moved"] > 0,
    }
    return [line for line, is_short in told.items() if is_short]


if __name__ == "__main__":
    main()
