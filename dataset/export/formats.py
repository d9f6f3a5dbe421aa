"""Exports a dataset for other trainers: as pairs, WebDataset, COCO captions or image folders."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dataset import read
from dataset.describe.card import export_card
from dataset.describe.hub import Config
from dataset.export import coco, imagefolder, pairs, webdataset
from dataset.export.pages import is_inside
from dataset.export.record import outdated, record
from store.errors import UsageError, UserError
from store.replacing.directory import locked, replacement
from store.whole_file import write_whole


@dataclass(frozen=True)
class Format:
    """A form of export.

    Args:
        write: writes the splits of a dataset into a folder; returns what `datasets` finds there, and how many
            captions were written.
        use: for the card: what lies where, and how to open it.
    """

    write: Callable[[Path, Path, Sequence[str]], tuple[Config, int]]
    use: str


FORMATS = {
    "pairs": Format(pairs.write, pairs.USE),
    "webdataset": Format(webdataset.write, webdataset.USE),
    "coco": Format(coco.write, coco.USE),
    "imagefolder": Format(imagefolder.write, imagefolder.USE),
}


OURS = ("README.md", *read.SPLITS, "images", "annotations")
"""What the names of files and folders in an export begin with, of any format. Others are the user's."""


def export(dataset: Path, directory: Path, format: str, splits: Sequence[str] = read.SPLITS) -> int:
    """Write `dataset` into `directory`, which must be empty or new; return how many captions were written.

    Each export has a card of its own, with which `datasets.load_dataset` opens it. What the formats look like
    is in their modules.

    Raises:
        UsageError: the format is unknown.
        UserError: `directory` is not empty.
        MissingStage: there is no dataset.
    """
    if format not in FORMATS:
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
        if exported.format not in FORMATS:
            continue
        if not is_inside(exported, dataset):
            elsewhere.append(exported.directory)
            continue
        again += 1
        if read.is_complete(dataset):
            _write(dataset, exported.directory, exported.format, exported.splits)
            record(dataset, exported.directory, exported.format, exported.splits)
        else:
            _delete(exported.directory)
    return again, elsewhere


def _delete(directory: Path) -> None:
    for path in directory.iterdir():
        if path.name.startswith(OURS):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with suppress(OSError):  # it holds files of the user's
        directory.rmdir()


def _keep_others(old: Path, new: Path) -> None:
    """Take the user's own files along to the export that is written in the place of an older one."""
    for path in old.iterdir() if old.is_dir() else ():
        if path.name.startswith(OURS):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True)
        else:
            shutil.copy2(path, new / path.name, follow_symlinks=False)


def _write(dataset: Path, directory: Path, format: str, splits: Sequence[str]) -> int:
    manifest = read.manifest(dataset)
    with locked(directory), replacement(directory) as new:
        config, captions = FORMATS[format].write(dataset, new, splits)
        card = export_card(
            manifest["pipeline"],
            format,
            config,
            captions,
            FORMATS[format].use,
            read.statistics(dataset),
            manifest["sources"],
        )
        write_whole(new / "README.md", card)
        _keep_others(directory, new)
    return captions
