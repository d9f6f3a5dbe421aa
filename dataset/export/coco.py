"""COCO captions: a folder of photos a split, and its annotations, with ids that no other split has.

The folders are image folders too, so that `datasets` shows the pictures with their captions.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self, TextIO

import pyarrow as pa

from dataset.describe.hub import Config, Part
from dataset.export.imagefolder import COLUMNS, fields, picture_folder
from dataset.export.photos import photos
from dataset.rights.licences import address
from store.whole_file import whole_file

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
        with _Entries(directory) as images, _Entries(directory) as annotations:
            kept = images, annotations
            licences = _write(dataset, directory / "images" / split, split, image_ids, annotation_ids, kept)
            info = {"description": f"{dataset.parent.name}, {split}", "version": "1.0"}
            lists = {"images": images, "annotations": annotations}
            path = directory / "annotations" / f"captions_{split}.json"
            _write_object(path, {"info": info, "licenses": licences}, lists)
            captions += annotations.count
            parts.append(Part(split, f"images/{split}/**", images.count))
    return Config("default", fields([*COLUMNS, *IDS]), parts), captions


def _write(
    dataset: Path,
    directory: Path,
    split: str,
    image_ids: Iterator[int],
    annotation_ids: Iterator[int],
    kept: tuple["_Entries", "_Entries"],
) -> list[dict[str, Any]]:
    """Write the photos of a split, and what is told of them to `kept`; return the licences."""
    images, annotations = kept
    licences = _Licences()
    with picture_folder(directory, [*COLUMNS, *IDS]) as folder:
        for photo in photos(dataset, split):
            number, ids = next(image_ids), [next(annotation_ids) for _ in photo["captions"]]
            file_name = folder.add(photo, image_id=number, annotation_ids=ids)
            size = {"width": photo["width"], "height": photo["height"]}
            told = {"license": licences.number(photo["licence"]), "credit": photo["credit"]}
            identity = {"id": number, "file_name": file_name, "sha256": photo["sha256"]}
            images.add({**identity, **size, **told, "source": photo["source"]})
            for annotation, caption in zip(ids, photo["captions"], strict=True):
                names = ("boke_id", "stars", "source", "licence")
                of_caption = {"caption": caption["text"], **{name: caption[name] for name in names}}
                annotations.add({"id": annotation, "image_id": number, **of_caption})
    return licences.listed()


class _Entries:
    """Entries of a JSON list that wait in a file without a name: there may be millions.

    Args:
        directory: a folder on the disk that has room for them.
    """

    def __init__(self, directory: Path) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8", dir=directory)  # noqa: SIM115 - see `__exit__`
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, entry: dict[str, Any]) -> None:
        """Add an entry, on a line of its own: indented, it takes four times as long to write."""
        self._file.write(f"{',' if self.count else ''}\n  {json.dumps(entry, ensure_ascii=False)}")
        self.count += 1

    def copy(self, file: TextIO) -> None:
        """Write the list to a file."""
        self._file.seek(0)
        file.write("[")
        shutil.copyfileobj(self._file, file)
        file.write("\n ]" if self.count else "]")


def _write_object(path: Path, first: Mapping[str, object], lists: Mapping[str, _Entries]) -> None:
    """Write an object of `first`, which has something, and then `lists`."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(first, ensure_ascii=False, indent=1).removesuffix("\n}"))
        for name, entries in lists.items():
            file.write(f",\n {json.dumps(name)}: ")
            entries.copy(file)
        file.write("\n}\n")


class _Licences:
    """The licences of photos, by the numbers that COCO gives them, from 1; none for what is not known."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, licence: str | None) -> int | None:
        return self._numbers.setdefault(licence, len(self._numbers) + 1) if licence else None

    def listed(self) -> list[dict[str, Any]]:
        return [{"id": number, "name": name, "url": address(name)} for name, number in self._numbers.items()]
