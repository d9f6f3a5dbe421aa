"""Make a pipeline of ボケ缶's size: photos that decode, Japanese captions, vectors; seeded.

    python -m benchmarks.size.make FOLDER [--photos 100000]

FOLDER/pipelines.yaml then has a pipeline `size`, whose crawl lies in FOLDER/data: 11 captions a photo, drawn
from the demo's grammar for the scene that the photo stands for (the picture itself shows colours only). One
photo in 50 is a near copy of another, one in 100 has two odai. Its vectors are drawn, too, and lie in the
cache that `bokeru features` would fill.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import islice, repeat
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from benchmarks.size import vectors
from benchmarks.size.odai import CAPTIONS_PER_PHOTO, FETCHED, Odai, odai, rows
from benchmarks.size.photos import COPY_EVERY, jpeg
from crawler.parsing.images import photo_row
from demo.scenes import Scene
from store.processes.cores import cores
from store.register.listed import list_files
from store.register.stages import Stage
from store.schema import IMAGES, PAGES
from store.shards import whole_parquet
from store.whole_file import write_whole

PHOTOS = 100_000
NAME = "size"
SEED = 28
_SHARD = 50 * COPY_EVERY
"""Photos of a shard: no copy is in another one than its original."""
_ROW_GROUPS = {"pages": 1000, "images": 100}
_SETTINGS = f"""pipelines:
  # Made by benchmarks.size.make; nothing of it was fetched.
  {NAME}:
    crawl: {{site: "https://bokete.test", start: [], contact: size@bokete.test}}
    train: {{sampling: one-to-one, epochs: 1, batch_size: 128}}
"""


def make(folder: Path, photos: int = PHOTOS) -> None:
    """Make the pipeline in a folder that has none yet; the same rows each time.

    Raises:
        SystemExit: there is one, whole or not.
    """
    crawl = folder / "data" / NAME / "crawl"
    if crawl.exists():
        raise SystemExit(f"{crawl} is there. Delete {folder}, or name another folder")
    vectors.write(folder / "data", _photos(crawl, photos))
    list_files(Stage("crawl", crawl))
    write_whole(folder / "pipelines.yaml", _SETTINGS)


def make_crawl(crawl: Path, photos: int) -> None:
    """Write the crawl alone, into a folder of its own."""
    for _ in _photos(crawl, photos):
        pass
    list_files(Stage("crawl", crawl))


def _photos(crawl: Path, photos: int) -> Iterator[tuple[str, Scene]]:
    """Write a crawl; yield sha256 and scene of each photo as soon as its shard is written."""
    made = odai(SEED, photos)
    starts = range(0, photos, _SHARD)
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        each = pool.map if len(starts) > 1 else map  # to start processes takes seconds
        shards = each(_write_shard, repeat(crawl), starts, [made[at : at + _SHARD] for at in starts])
        for at, names in zip(starts, shards, strict=True):
            yield from ((sha256, one.scene) for sha256, one in zip(names, made[at:], strict=False))


def _write_shard(crawl: Path, first: int, some: list[Odai]) -> list[str]:
    """Write pages and photos from number `first` on; return the photos' sha256."""
    pages = (row for place, one in enumerate(some, first) for row in rows(one, place))
    _write(crawl / "pages" / f"pages-{first:09d}.parquet", PAGES, pages, _ROW_GROUPS["pages"])
    names: list[str] = []
    images = _images(first, some, names)
    _write(crawl / "images" / f"images-{first:09d}.parquet", IMAGES, images, _ROW_GROUPS["images"])
    return names


def _images(first: int, some: list[Odai], names: list[str]) -> Iterator[dict[str, object]]:
    """Yield rows of the images table; the sha256 of each goes to `names`."""
    for place, one in enumerate(some, first):
        row = photo_row(jpeg(SEED, place), one.image_url, FETCHED + timedelta(seconds=place), 200)
        names.append(str(row["sha256"]))
        yield dict(row)


def _write(path: Path, schema: pa.Schema, rows: Iterator[dict[str, object]], in_group: int) -> None:
    with whole_parquet(path, schema) as writer:
        while group := list(islice(rows, in_group)):
            writer.write_table(pa.Table.from_pylist(group, schema))


def main() -> None:
    """Make the pipeline that the command line asks for, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--photos", type=int, default=PHOTOS, help="at least 100 (%(default)s)")
    arguments = parser.parse_args()
    started = time.perf_counter()
    make(arguments.folder, arguments.photos)
    captions = CAPTIONS_PER_PHOTO * arguments.photos
    seconds = time.perf_counter() - started
    print(f"{arguments.photos:,} photos with {captions:,} captions in {seconds:.0f} s")


if __name__ == "__main__":
    main()
