"""Pairs: a folder of photos, and a JSON line a caption."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from dataset.describe.hub import Config, Part, as_json
from dataset.export.photos import name, photos, to_json
from store.schema import CAPTION

FIELDS = [
    pa.field("image", pa.string()),
    pa.field("sha256", pa.string()),
    *(pa.field(field.name, as_json(field.type)) for field in CAPTION),
    *(pa.field(name, pa.string()) for name in ("photo_source", "photo_licence", "credit")),
]
USE = """`images/` holds the photos, `train.jsonl` and `dev.jsonl` have a line a caption; its `image` is the
photo's path in this folder, `photo_licence` and `credit` are the photo's, `licence` is the caption's.

```python
import json
pairs = [json.loads(line) for line in open("train.jsonl", encoding="utf-8")]
```"""


def write(dataset: Path, directory: Path, splits: Sequence[str]) -> tuple[Config, int]:
    """Write images/ and <split>.jsonl, a line {"image", "sha256", "text", "stars", …} a caption."""
    images = directory / "images"
    images.mkdir()
    parts = [Part(split, f"{split}.jsonl", _write(dataset, directory, split)) for split in splits]
    return Config("default", FIELDS, parts), sum(part.rows for part in parts)


def _write(dataset: Path, directory: Path, split: str) -> int:
    count = 0
    with (directory / f"{split}.jsonl").open("w", encoding="utf-8") as lines:
        for photo in photos(dataset, split):
            path = f"images/{name(photo)}"
            (directory / path).write_bytes(photo["image"]["bytes"])
            of_photo = {f"photo_{column}": photo[column] for column in ("source", "licence")}
            of_photo["credit"] = photo["credit"]
            for caption in photo["captions"]:
                lines.write(to_json({"image": path, "sha256": photo["sha256"], **caption, **of_photo}) + "\n")
                count += 1
    return count
