"""Exports a dataset for other trainers: as pairs, WebDataset or COCO captions."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dataset import read
from dataset.export.pages import is_inside
from dataset.export.record import outdated, record
from store.errors import UsageError, UserError
from store.progress import Progress
from store.replacing.directory import locked, replacement
from store.shard_reader import Shard
from store.whole_file import write_json

FORMATS = ("pairs", "webdataset", "coco")
TAR_BYTES = 256 * 2**20

Photo = dict[str, Any]


def export(dataset: Path, directory: Path, format: str, splits: Sequence[str] = read.SPLITS) -> int:
    """Write `dataset` into `directory`, which must be empty or new; return how many captions were written.

    `pairs`: images/ and <split>.jsonl, a line {"image", "text", "stars", …} a caption.
    `webdataset`: <split>-00000.tar, …; a photo is <sha256>.jpg, .json (all its captions) and .txt (the best).
    `coco`: images/<split>/ and annotations/captions_<split>.json, as COCO captions has them.

    Raises:
        UsageError: the format is unknown.
        UserError: `directory` is not empty.
        MissingStage: there is no dataset.
    """
    if format not in WRITERS:
        raise UsageError(f"There is no export format {format!r}. There are: {', '.join(FORMATS)}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UserError(f"{directory} is not empty: name a new folder, or empty it")
    record(dataset, directory, format, splits)
    return _write(dataset, directory, format, splits)


def export_again(dataset: Path) -> tuple[int, list[Path]]:
    """Write exports of other versions of `dataset` again, if they are in the data folder.

    If the dataset no longer exists, they are deleted.

    Returns:
        How many were written or deleted; and the folders of outdated exports elsewhere.
    """
    again, elsewhere = 0, []
    for exported in outdated(dataset):
        if exported.format not in WRITERS:
            continue
        if not is_inside(exported, dataset):
            elsewhere.append(exported.directory)
            continue
        again += 1
        if read.is_complete(dataset):
            _write(dataset, exported.directory, exported.format, exported.splits)
            record(dataset, exported.directory, exported.format, exported.splits)
        else:
            shutil.rmtree(exported.directory)
    return again, elsewhere


def _write(dataset: Path, directory: Path, format: str, splits: Sequence[str]) -> int:
    with locked(directory), replacement(directory) as new:
        (new / "README.md").write_bytes(read.card(dataset))
        return sum(WRITERS[format](dataset, new, split) for split in splits)


def photos(dataset: Path, split: str) -> Iterator[Photo]:
    """Yield the rows of a split with bytes and captions; one row group is in memory at a time."""
    for path in read.shards(dataset, split):
        with Shard(path) as shard:
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
    images = directory / "images"
    images.mkdir(exist_ok=True)
    with (directory / f"{split}.jsonl").open("w", encoding="utf-8") as lines:
        for photo in _counted(dataset, split):
            (images / _name(photo)).write_bytes(photo["image"]["bytes"])
            for caption in photo["captions"]:
                pair = {"image": f"images/{_name(photo)}", "sha256": photo["sha256"], **caption}
                lines.write(_json(pair) + "\n")
                count += 1
    return count


def _webdataset(dataset: Path, directory: Path, split: str) -> int:
    count, number, waiting = 0, 0, _counted(dataset, split)
    photo = next(waiting, None)
    while photo is not None:
        with tarfile.open(directory / f"{split}-{number:05d}.tar", "w") as tar:
            size = 0
            while photo is not None and size < TAR_BYTES:
                count += len(photo["captions"])
                size += _add_sample(tar, photo)
                photo = next(waiting, None)
        number += 1
    return count


def _add_sample(tar: tarfile.TarFile, photo: Photo) -> int:
    """Add one photo's three files to `tar`; return their bytes."""
    stem, _, suffix = _name(photo).rpartition(".")
    content = photo.pop("image")["bytes"]
    parts = {
        suffix: content,
        "json": _json(photo).encode(),
        "txt": photo["captions"][0]["text"].encode(),
    }
    for suffix, content in parts.items():
        entry = tarfile.TarInfo(f"{stem}.{suffix}")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return sum(map(len, parts.values()))


def _coco(dataset: Path, directory: Path, split: str) -> int:
    images: list[Photo] = []
    annotations: list[dict[str, Any]] = []
    folder = directory / "images" / split
    folder.mkdir(parents=True)
    for photo in _counted(dataset, split):
        number, name = len(images) + 1, _name(photo)
        (folder / name).write_bytes(photo["image"]["bytes"])
        size = {"width": photo["width"], "height": photo["height"]}
        images.append({"id": number, "file_name": name, "sha256": photo["sha256"], **size})
        for caption in photo["captions"]:
            fields = {"caption": caption["text"], "boke_id": caption["boke_id"], "stars": caption["stars"]}
            annotations.append({"id": len(annotations) + 1, "image_id": number, **fields})
    info = {"description": f"{dataset.parent.name}, {split}", "version": "1.0"}
    content = {"info": info, "licenses": [], "images": images, "annotations": annotations}
    (directory / "annotations").mkdir(exist_ok=True)
    write_json(directory / "annotations" / f"captions_{split}.json", content)
    return len(annotations)


def _name(photo: Photo) -> str:
    """Return a photo's file name, without folders: a hostile dataset's path could lead out of the export."""
    return Path(photo["image"]["path"] or f"{photo['sha256']}.jpg").name


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda time: time.isoformat())


WRITERS: dict[str, Callable[[Path, Path, str], int]] = {
    "pairs": _pairs,
    "webdataset": _webdataset,
    "coco": _coco,
}
