"""Exports a dataset for other trainers: as pairs, WebDataset, COCO captions or image folders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset import read
from dataset.describe.card import export_card
from dataset.describe.hub import Config
from dataset.export import coco, imagefolder, pairs, webdataset
from dataset.export.made import check_free, exported, remove
from dataset.export.pages import is_inside
from dataset.export.record import is_recorded, outdated, record
from store.errors import UsageError, UserError
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


def export(dataset: Path, directory: Path, format: str, splits: Sequence[str] = read.SPLITS) -> int:
    """Write `dataset` into `directory`; return how many captions were written.

    It must be new or empty, or hold an earlier export, whose place the new one takes; files of the user's
    stay.

    Each export has a card of its own, with which `datasets.load_dataset` opens it. What the formats look like
    is in their modules.

    Raises:
        UsageError: the format is unknown.
        UserError: `directory` holds other things, or is a file.
        MissingStage: there is no dataset.
    """
    if format not in FORMATS:
        raise UsageError(f"There is no export format {format!r}. There are: {', '.join(FORMATS)}")
    if directory.exists() and not directory.is_dir():
        raise UserError(f"{directory} is not a folder: name a new one")
    check_free(directory, is_recorded(dataset, directory))
    record(dataset, directory, format, splits)
    return _write(dataset, directory, format, splits)


def export_again(dataset: Path) -> tuple[int, list[Path]]:
    """Write exports of other versions of `dataset` again, if they are in the data folder.

    If the dataset no longer exists, they are deleted.

    Returns:
        How many were written or deleted; and the folders of outdated exports elsewhere.
    """
    again, elsewhere = 0, []
    for old in outdated(dataset):
        if old.format not in FORMATS:
            continue
        if not is_inside(old, dataset):
            elsewhere.append(old.directory)
            continue
        again += 1
        if read.is_complete(dataset):
            _write(dataset, old.directory, old.format, old.splits)
            record(dataset, old.directory, old.format, old.splits)
        else:
            remove(old.directory)
    return again, elsewhere


def _write(dataset: Path, directory: Path, format: str, splits: Sequence[str]) -> int:
    manifest = read.manifest(dataset)
    with exported(directory) as new:
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
    return captions
