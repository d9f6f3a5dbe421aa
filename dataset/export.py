"""Write a dataset in the forms that other trainers read: pairs, WebDataset, COCO captions."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dataset import read
from dataset.errors import UsageError, UserError
from dataset.progress import Progress
from dataset.whole_file import whole_file, write_json, write_whole

FORMATS = ("pairs", "webdataset", "coco")
TAR_BYTES = 256 * 2**20

Photo = dict[str, Any]


def export(dataset: Path, directory: Path, format: str, splits: Sequence[str] = read.SPLITS) -> int:
    """Write `dataset` into `directory`, which must not hold anything yet; return how many captions it wrote.

    `pairs`: images/ and <split>.jsonl, a line {"image", "text", "stars", …} a caption.
    `webdataset`: <split>-00000.tar, …; a photo is <sha256>.jpg, .json (all its captions) and .txt (the best).
    `coco`: images/<split>/ and annotations/captions_<split>.json, as COCO captions has them.

    Raises:
        UsageError: another format.
        UserError: `directory` holds something.
        MissingStage: there is no dataset.
    """
    if format not in WRITERS:
        raise UsageError(f"There is no export format {format!r}. There are: {', '.join(FORMATS)}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UserError(f"{directory} holds something already: name a new folder, or empty it")
    read.shards(dataset)
    made = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(directory / "README.md", (dataset / "README.md").read_bytes())
        return sum(WRITERS[format](dataset, directory, split) for split in splits)
    except BaseException:  # a part of an export looks like all of it: leave none
        for path in directory.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if made:
            directory.rmdir()
        raise


def photos(dataset: Path, split: str) -> Iterator[Photo]:
    """Yield the rows of a split with bytes and captions, a row group in memory at a time."""
    for path in read.shards(dataset, split):
        with pq.ParquetFile(path, page_checksum_verification=True) as shard:
            for group in range(shard.num_row_groups):
                yield from shard.read_row_group(group).to_pylist()


def _counted(dataset: Path, split: str) -> Iterator[Photo]:
    total = sum(pq.read_metadata(path).num_rows for path in read.shards(dataset, split))
    with Progress(f"export {split}", total, "photos") as progress:
        for photo in photos(dataset, split):
            yield photo
            progress.advance()


def _pairs(dataset: Path, directory: Path, split: str) -> int:
    count = 0
    with whole_file(directory / f"{split}.jsonl") as path, path.open("w", encoding="utf-8") as lines:
        for photo in _counted(dataset, split):
            image = f"images/{photo['image']['path']}"
            write_whole(directory / image, photo["image"]["bytes"])
            for caption in photo["captions"]:
                lines.write(_json({"image": image, "sha256": photo["sha256"], **caption}) + "\n")
                count += 1
    return count


def _webdataset(dataset: Path, directory: Path, split: str) -> int:
    count, number, waiting = 0, 0, _counted(dataset, split)
    photo = next(waiting, None)
    while photo is not None:
        with whole_file(directory / f"{split}-{number:05d}.tar") as path, tarfile.open(path, "w") as tar:
            size = 0
            while photo is not None and size < TAR_BYTES:
                count += len(photo["captions"])
                size += _add_sample(tar, photo)
                photo = next(waiting, None)
        number += 1
    return count


def _add_sample(tar: tarfile.TarFile, photo: Photo) -> int:
    """Add one photo's three files to `tar`; return their bytes."""
    image = photo.pop("image")
    parts = {
        image["path"].rsplit(".", 1)[-1]: image["bytes"],
        "json": _json(photo).encode(),
        "txt": photo["captions"][0]["text"].encode(),
    }
    for suffix, content in parts.items():
        entry = tarfile.TarInfo(f"{photo['sha256']}.{suffix}")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return sum(map(len, parts.values()))


def _coco(dataset: Path, directory: Path, split: str) -> int:
    images, annotations = [], []
    for photo in _counted(dataset, split):
        number, name = len(images) + 1, photo["image"]["path"]
        write_whole(directory / "images" / split / name, photo["image"]["bytes"])
        size = {"width": photo["width"], "height": photo["height"]}
        images.append({"id": number, "file_name": name, "sha256": photo["sha256"], **size})
        for caption in photo["captions"]:
            told = {"caption": caption["text"], "boke_id": caption["boke_id"], "stars": caption["stars"]}
            annotations.append({"id": len(annotations) + 1, "image_id": number, **told})
    info = {"description": f"{dataset.parent.name}, {split}", "version": "1.0"}
    content = {"info": info, "licenses": [], "images": images, "annotations": annotations}
    write_json(directory / "annotations" / f"captions_{split}.json", content)
    return len(annotations)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda time: time.isoformat())


WRITERS: dict[str, Callable[[Path, Path, str], int]] = {
    "pairs": _pairs,
    "webdataset": _webdataset,
    "coco": _coco,
}
