"""Small cans of ボケ缶 and small Oogiri-GO folders, written as their makers lay them out."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dataset.importers.bokekan import COLUMNS
from tests import crawl_tables


def boke_row(number: int, **values: object) -> dict[str, object]:
    photo = number % 3
    return {
        "id": number,
        "odai_id": 100 + photo,
        "odai_photo_id": 500 + photo,
        "odai_photo_url": f"/images/{photo}.jpg",
        "odai_user_id": 77,
        "odai_photo_by": "撮った人",
        "boke_user_id": 88,
        "text": f"ボケ{number}",
        "category": "シュール",
        "posted_at": "2013-05-01 09:30:00",
        "rate_sum": number * 10,
        "rate_count": number,
        "labels": "犬/猫",
        **values,
    }


def rows_as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue()


def can(directory: Path, content: bytes, photos: Sequence[int] = (0, 1, 2)) -> Path:
    (directory / "images").mkdir(parents=True)
    (directory / "boke.csv").write_bytes(content)
    for photo in photos:
        (directory / "images" / f"{photo}.jpg").write_bytes(crawl_tables.photo(photo))
    return directory


def own_table(folder: Path, rows: Iterable[Mapping[str, object]] = (), name: str = "jokes.csv") -> Path:
    """Write a table of one's own beside photos 0 to 2; return where it is."""
    (folder / "images").mkdir(parents=True)
    for photo in range(3):
        (folder / "images" / f"{photo}.jpg").write_bytes(crawl_tables.photo(photo))
    rows = list(rows) or [{"image": f"images/{n % 3}.jpg", "text": f"ボケ{n}"} for n in range(6)]
    if name.endswith(".csv"):
        lines = io.StringIO(newline="")
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        content = lines.getvalue()
    else:
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / name).write_text(content)
    return folder / name


def oogiri_go(
    directory: Path, samples: Iterable[Mapping[str, object] | str], photos: Sequence[int] = (0, 1)
) -> Path:
    (directory / "images").mkdir(parents=True)
    lines = [
        sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False) for sample in samples
    ]
    (directory / "jp.jsonl").write_text("\n".join(lines))
    for photo in photos:
        (directory / "images" / f"{photo}.jpg").write_bytes(crawl_tables.photo(photo))
    return directory


def sample(number: int, **values: object) -> dict[str, object]:
    return {
        "type": "I2T",
        "question": None,
        "image": str(number % 2),
        "text": f"答え{number}",
        "star": number,
        **values,
    }
