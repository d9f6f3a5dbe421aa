"""The pages of `bokeru web --export`: they stand in exports.json, and go where content is forgotten."""

from pathlib import Path

from dataset import read
from dataset.export.made import check_free, is_there, remove
from dataset.export.record import Export, is_recorded, outdated, record

FORMAT = "web"


def record_pages(dataset: Path, directory: Path) -> None:
    """Record that pages of `dataset`, as it is now, go to `directory`; called before anything is written.

    Raises:
        UserError: `directory` holds other things than earlier pages.
    """
    check_free(directory, is_recorded(dataset, directory))
    record(dataset, directory, FORMAT, read.SPLITS)


def remove_pages(dataset: Path) -> tuple[int, list[Path]]:
    """Delete pages of other versions of `dataset`, if they are in the data folder.

    They are not written again: that takes a model, which may have learned what must not be shown.

    Returns:
        How many folders of pages were deleted; and the folders of outdated ones elsewhere.
    """
    old = (exported for exported in outdated(dataset) if exported.format == FORMAT)
    pages = [exported for exported in old if is_there(exported.directory)]
    inside = [exported for exported in pages if is_inside(exported, dataset)]
    for exported in inside:
        remove(exported.directory)
    return len(inside), [exported.directory for exported in pages if exported not in inside]


def is_inside(exported: Export, dataset: Path) -> bool:
    """Tell whether an export lies in the data folder of its dataset, where forget may change it."""
    return exported.directory.is_relative_to(dataset.parent.parent.resolve())
