"""Crawls made up for tests: the pages and images tables, with photos drawn by Pillow."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from store.photo.description import describe
from store.schema import IMAGES, PAGES
from store.shards import ShardWriter

SITE = "http://bokete.test"
WORDS = {"犬": "dog", "猫": "cat", "車": "car", "人": "person"}
PHRASES = (
    "{}が走る",
    "この{}、笑ってる",
    "{}だと思った？",
    "もう{}には戻れない",
    "{}「聞いてないよ」",
    "昨日の{}",
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def photo(seed: int, size: int = 96) -> bytes:
    """Return a JPEG that no other seed gives, and whose pHash is far from theirs."""
    random = Random(seed)
    image = Image.new("RGB", (size, size), tuple(random.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y = random.randrange(size), random.randrange(size)
        draw.rectangle(
            (x, y, x + random.randrange(4, size // 2), y + random.randrange(4, size // 2)),
            fill=tuple(random.randrange(256) for _ in range(3)),
        )
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def image_url(odai_id: int) -> str:
    md5 = hashlib.md5(b"%d" % odai_id).hexdigest()
    return f"{SITE.replace('bokete', 'photo.bokete')}/photo/odai/600/{md5}_600.jpg"


def boke(boke_id: int | None, odai_id: int | None, text: str, /, **values: object) -> dict[str, object]:
    return {
        "boke_id": boke_id,
        "odai_id": odai_id,
        "image_url": None if odai_id is None else image_url(odai_id),
        "text": text,
        "stars": 3,
        "raters": 2,
        "category": "シュール",
        "posted": NOW,
        **values,
    }


def page(odai_id: int, bokes: Sequence[Mapping[str, object]], /, **values: object) -> dict[str, object]:
    return {
        "url": f"{SITE}/odai/{odai_id}",
        "layout": "2020",
        "status": 200,
        "outcome": "ok",
        "fetched_at": NOW,
        "sha256": hashlib.sha256(b"page %d" % odai_id).hexdigest(),
        "odai_id": odai_id,
        "image_url": image_url(odai_id),
        "category": "動物",
        "labels": ["犬"],
        "bokes": list(bokes),
        "links": [],
        **values,
    }


def image(odai_id: int, content: bytes | None = None, /, **values: object) -> dict[str, object]:
    content = photo(odai_id) if content is None else content
    return {
        "url": image_url(odai_id),
        "status": 200,
        "outcome": "ok",
        "fetched_at": NOW + timedelta(seconds=odai_id),
        "bytes": content,
        **vars(describe(content)),
        **values,
    }


def write(
    directory: Path, pages: Sequence[Mapping[str, object]], images: Sequence[Mapping[str, object]]
) -> Path:
    """Add rows to the crawl in `directory`, a shard of each table at a time; return `directory`."""
    with (
        ShardWriter(directory / "pages", "pages", PAGES) as page_rows,
        ShardWriter(directory / "images", "images", IMAGES) as image_rows,
    ):
        for row in pages:
            page_rows.append(row)
        for row in images:
            image_rows.append(row)
    return directory


def rows(directory: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of a crawl's table, `pages` or `images`, shard by shard."""
    paths = sorted((directory / table).glob("*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def crawl(directory: Path, photos: int = 20, captions: int = 4, first: int = 1) -> Path:
    """Write a crawl of odai `first`, `first` + 1, …, each with its own photo, captions and label."""
    pages, images = [], []
    for odai_id in range(first, first + photos):
        word = list(WORDS)[odai_id % len(WORDS)]
        texts = [PHRASES[n % len(PHRASES)].format(word) + "！" * (n // len(PHRASES)) for n in range(captions)]
        bokes = [boke(odai_id * 1000 + n, odai_id, text, stars=n * n) for n, text in enumerate(texts)]
        pages.append(page(odai_id, bokes, labels=[word]))
        images.append(image(odai_id))
    return write(directory, pages, images)
