"""What the benchmark of size works on: a copy of a made pipeline, and what single commands need beside it."""

import csv
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.size.make import NAME, make_crawl
from benchmarks.size.yardsticks import FEW
from dataset.importers.bokekan import COLUMNS

_OTHERS = """  few: {}
  imported: {}
"""
_TENTH = 10
"""One photo in so many is in the can that is imported."""


@dataclass(frozen=True)
class Prepared:
    """A pipeline to measure.

    Args:
        folder: where it and all output lie.
        photos: N.
        boke, odai: a number of each.
        vectors: bytes that all vectors take.
    """

    folder: Path
    photos: int
    boke: int
    odai: int
    vectors: int

    @property
    def data(self) -> Path:
        """The folder of all stages' output."""
        return self.folder / "data"


def prepare(made: Path, folder: Path) -> Prepared:
    """Link crawl and vectors of a made pipeline into a new folder, and add what commands need.

    A stage replaces files and never writes into one, so that what was made stays as it is.
    """
    data = folder / "data"
    for name in (f"{NAME}/crawl", "features"):
        shutil.copytree(made / "data" / name, data / name, copy_function=os.link)
    settings = (made / "pipelines.yaml").read_text(encoding="utf-8") + _OTHERS
    (folder / "pipelines.yaml").write_text(settings, encoding="utf-8")
    make_crawl(data / "few" / "crawl", FEW)
    images = sorted((data / NAME / "crawl" / "images").glob("*.parquet"))
    pages = sorted((data / NAME / "crawl" / "pages").glob("*.parquet"))
    photos = sum(pq.read_metadata(path).num_rows for path in images)
    first = pq.read_table(pages[len(pages) // 2], columns=["odai_id", "bokes"]).slice(0, 1).to_pylist()[0]
    (folder / "photo.jpg").write_bytes(
        pq.ParquetFile(images[0]).read_row_group(0, ["bytes"])["bytes"][0].as_py()
    )
    _can(folder / "can", pages, images, photos)
    return Prepared(
        folder=folder,
        photos=photos,
        boke=first["bokes"][0]["boke_id"],
        odai=first["odai_id"],
        vectors=4 * 4096 * photos,
    )


def _can(folder: Path, pages: list[Path], images: list[Path], photos: int) -> None:
    """Write a tenth of the photos as a can of ボケ缶, with the captions of their pages."""
    (folder / "images").mkdir(parents=True)
    wanted = photos // _TENTH
    urls: dict[str, str] = {}
    for path in images:
        for group in range(pq.ParquetFile(path).num_row_groups):
            if len(urls) < wanted:
                for row in pq.ParquetFile(path).read_row_group(group, ["url", "bytes"]).to_pylist():
                    urls[row["url"]] = name = row["url"].rpartition("/")[2]
                    (folder / "images" / name).write_bytes(row["bytes"])
    with (folder / "boke.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for path in pages[: len(pages) // _TENTH + 1]:
            for row in pq.read_table(path, columns=["bokes"])["bokes"].combine_chunks().flatten().to_pylist():
                if name := urls.get(row["image_url"]):
                    writer.writerow(_row(row, name))


def _row(boke: dict[str, object], name: str) -> dict[str, object]:
    """Return a line of boke.csv; users and labels stay empty."""
    line: dict[str, object] = dict.fromkeys(COLUMNS)
    line |= {"id": boke["boke_id"], "odai_id": boke["odai_id"], "odai_photo_url": name, "text": boke["text"]}
    line |= {"category": boke["category"], "posted_at": f"{boke['posted']:%Y-%m-%d %H:%M:%S}"}
    return line | {"rate_sum": boke["stars"], "rate_count": boke["raters"]}
