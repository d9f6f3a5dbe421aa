"""A synthetic crawl of any size: captions with ボケ缶's distribution of stars, photos of random bytes."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from store.schema import IMAGES, PAGES
from store.shards import whole_parquet

STARS = (
    (98_736, 0, 0),
    (955_901, 1, 100),
    (37_342, 101, 1000),
    (8_183, 1001, 10_000),
    (380, 10_001, 150_000),
)
"""ボケ缶's cans: how many boke each holds, and their lowest and highest number of stars."""
SHARD_PHOTOS = 5_000

_WHO = [
    "父", "母", "犬", "猫", "社長", "部長", "先生",
    "店員", "忍者", "侍", "宇宙人", "医者", "力士", "赤ちゃん",
]  # fmt: skip
_WHERE = [
    "家", "学校", "会社", "駅前", "海", "山", "風呂",
    "台所", "宇宙", "病院", "公園", "電車", "屋上", "砂漠",
]  # fmt: skip
_WHAT = [
    "財布", "眼鏡", "帽子", "弁当", "宿題", "携帯", "鍵",
    "傘", "名刺", "入れ歯", "靴下", "寿司", "布団",
]  # fmt: skip
_DID = [
    "忘れた", "食べた", "落とした", "盗まれた", "見つけた",
    "投げた", "拾った", "隠した", "売った", "洗った",
]  # fmt: skip
_ENDS = ["", "！", "？", "…", "らしい", "だって", "かもしれない", "とは言ってない", "んだが", "笑"]


def caption(source: random.Random) -> str:
    """Return a caption of about 17 characters; few come twice, as in real captions."""
    choose = source.choice
    number = choose(["", f"{source.randrange(100)}回目、", f"{source.randrange(1900, 2030)}年、"])
    return (
        f"{number}{choose(_WHERE)}で{choose(_WHO)}が{choose(_WHO)}の"
        f"{choose(_WHAT)}を{choose(_DID)}{choose(_ENDS)}"
    )


def write_crawl(directory: Path, first: int, photos: int, captions_per_photo: int, photo_bytes: int) -> None:
    """Add `photos` odai, numbered from `first`, to the crawl in `directory`.

    Args:
        photo_bytes: the mean size of a photo; sizes are uniform from half of it to one and a half times it.
    """
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(first, first + photos, SHARD_PHOTOS):
        source = random.Random(start)
        ids = range(start, min(start + SHARD_PHOTOS, first + photos))
        pages = [_page(odai, captions_per_photo, source, now) for odai in ids]
        with whole_parquet(directory / "pages" / f"pages-{start:09d}.parquet", PAGES) as writer:
            writer.write_table(pa.Table.from_pylist(pages, PAGES), row_group_size=1000)
        with whole_parquet(directory / "images" / f"images-{start:09d}.parquet", IMAGES) as writer:
            for group in range(0, len(ids), 100):  # 100 rows with bytes a row group, as the crawler writes
                rows = [_image(odai, photo_bytes, source, now) for odai in ids[group : group + 100]]
                writer.write_table(pa.Table.from_pylist(rows, IMAGES))


def _url(odai: int) -> str:
    return f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{odai:032x}_600.jpg"


def _page(odai: int, captions: int, source: random.Random, now: datetime) -> dict[str, object]:
    bokes = []
    for number in range(captions):
        [(_, low, high)] = source.choices(STARS, [count for count, _, _ in STARS])
        stars = source.randint(low, high)
        boke = {
            "boke_id": odai * 1000 + number,
            "odai_id": odai,
            "image_url": _url(odai),
            "text": caption(source),
        }
        bokes.append({**boke, "stars": stars, "raters": stars // 2, "category": "シュール", "posted": now})
    page: dict[str, object] = {"url": f"https://bokete.jp/odai/{odai}", "layout": "bokekan"}
    page |= {"status": 200, "outcome": "ok"}
    page |= {"fetched_at": now + timedelta(seconds=odai), "odai_id": odai, "image_url": _url(odai)}
    return page | {"category": "動物", "labels": [source.choice(_WHO)], "bokes": bokes, "links": []}


def _image(odai: int, size: int, source: random.Random, now: datetime) -> dict[str, object]:
    # At least 16 random bytes, so that no two photos have the same hash.
    content = source.randbytes(max(16, int(size * source.uniform(0.5, 1.5))))
    image = {"url": _url(odai), "status": 200, "outcome": "ok", "fetched_at": now + timedelta(seconds=odai)}
    image |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": content, "width": 600, "height": 450}
    return image | {"format": "jpeg", "phash": f"{source.getrandbits(64):016x}"}
