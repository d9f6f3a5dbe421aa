"""Generates the tables of a crawl that has run for a long time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from demo.routes import HOST
from store.schema import IMAGES, PAGES
from store.shards import whole_parquet

SHARD = 50_000
"""Rows per shard."""


def write_known(directory: Path, count: int) -> None:
    """Write the tables of a crawl that knows `count` pages of ten boke and seven links, and their photos."""
    for start in range(0, count, SHARD):
        numbers = np.arange(start, start + SHARD)
        write_pages(directory, numbers, count)
        write_photos(directory, numbers)


def write_pages(directory: Path, numbers: np.ndarray[Any, Any], count: int) -> None:
    """Write a shard of pages. They link to each other, and the last ones to pages not yet known."""
    size, now = len(numbers), datetime.now(UTC)  # fresh, so that none is due again
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
        "fetched_at": [now] * size,
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
    columns["fetched_at"] = [datetime.now(UTC)] * len(numbers)
    with whole_parquet(directory / "images" / f"images-{numbers[0]:09}.parquet", IMAGES) as writer:
        writer.write_table(pa.table(columns, schema=IMAGES))
