"""COCO captions: a folder of photos a split, and its annotations, with ids that no other split has.

The folders are image folders too, so that `datasets` shows the pictures with their captions.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset.describe.hub import Config, Part
from dataset.export.imagefolder import COLUMNS, fields, picture_folder
from dataset.export.photos import Photo, photos
from dataset.rights.licences import address
from store.whole_file import write_json

IDS = [pa.field("image_id", pa.int64()), pa.field("annotation_ids", pa.list_(pa.int64()))]
USE = """`images/train/` and `images/dev/` hold the photos, `annotations/captions_train.json` and
`captions_dev.json` what COCO's tools read. An id of an image or annotation is in one split only.

```python
from pycocotools.coco import COCO
coco = COCO("annotations/captions_train.json")
coco.loadAnns(coco.getAnnIds(coco.getImgIds()[0]))
```"""


def write(dataset: Path, directory: Path, splits: Sequence[str]) -> tuple[Config, int]:
    """Write images/<split>/ and annotations/captions_<split>.json, as COCO captions has them."""
    image_ids, annotation_ids = count(1), count(1)
    captions, parts = 0, []
    (directory / "annotations").mkdir()
    for split in splits:
        content = _write(dataset, directory / "images" / split, split, image_ids, annotation_ids)
        write_json(directory / "annotations" / f"captions_{split}.json", content)
        captions += len(content["annotations"])
        parts.append(Part(split, f"images/{split}/**", len(content["images"])))
    return Config("default", fields([*COLUMNS, *IDS]), parts), captions


def _write(
    dataset: Path, directory: Path, split: str, image_ids: Iterator[int], annotation_ids: Iterator[int]
) -> dict[str, Any]:
    """Write the photos of a split; return its annotations."""
    images: list[Photo] = []
    annotations: list[dict[str, Any]] = []
    licences = _Licences()
    with picture_folder(directory, [*COLUMNS, *IDS]) as folder:
        for photo in photos(dataset, split):
            number, ids = next(image_ids), [next(annotation_ids) for _ in photo["captions"]]
            file_name = folder.add(photo, image_id=number, annotation_ids=ids)
            size = {"width": photo["width"], "height": photo["height"]}
            told = {"license": licences.number(photo["licence"]), "credit": photo["credit"]}
            identity = {"id": number, "file_name": file_name, "sha256": photo["sha256"]}
            images.append({**identity, **size, **told, "source": photo["source"]})
            for annotation, caption in zip(ids, photo["captions"], strict=True):
                names = ("boke_id", "stars", "source", "licence")
                kept = {"caption": caption["text"], **{name: caption[name] for name in names}}
                annotations.append({"id": annotation, "image_id": number, **kept})
    info = {"description": f"{dataset.parent.name}, {split}", "version": "1.0"}
    return {"info": info, "licenses": licences.listed(), "images": images, "annotations": annotations}


class _Licences:
    """The licences of photos, by the numbers that COCO gives them, from 1; none for what is not known."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, licence: str | None) -> int | None:
        return self._numbers.setdefault(licence, len(self._numbers) + 1) if licence else None

    def listed(self) -> list[dict[str, Any]]:
        return [{"id": number, "name": name, "url": address(name)} for name, number in self._numbers.items()]
