"""The pages of `bokeru web --export`: they stand in exports.json, and go where content is forgotten."""

from contextlib import suppress
from pathlib import Path

from dataset import read
from dataset.export.record import Export, outdated, record

FORMAT = "web"
FILES = (
    *(f"{page}{language}.html" for page in ("index", "training") for language in ("", ".*")),
    *(f"static/{name}" for name in ("style.css", "theme.js", "icon.svg")),
    *(f"static/offline/{name}.js" for name in ("decoder", "write", "model")),
    *(f"photos/{'[0-9a-f]' * 64}.{suffix}" for suffix in ("jpg", "svg")),
)
"""All that it writes. Other files in its folder are the user's."""


def record_pages(dataset: Path, directory: Path) -> None:
    """Record that pages of `dataset`, as it is now, go to `directory`; called before anything is written."""
    record(dataset, directory, FORMAT, read.SPLITS)


def remove_pages(dataset: Path) -> tuple[int, list[Path]]:
    """Delete pages of other versions of `dataset`, if they are in the data folder.

    They are not written again: that takes a model, which may have learned what must not be shown.

    Returns:
        How many folders of pages were deleted; and the folders of outdated ones elsewhere.
    """
    old = (exported for exported in outdated(dataset) if exported.format == FORMAT)
    pages = [exported for exported in old if _files(exported.directory)]
    inside = [exported for exported in pages if is_inside(exported, dataset)]
    for exported in inside:
        _remove(exported.directory)
    return len(inside), [exported.directory for exported in pages if exported not in inside]


def is_inside(exported: Export, dataset: Path) -> bool:
    """Tell whether an export lies in the data folder of its dataset, where forget may change it."""
    return exported.directory.is_relative_to(dataset.parent.parent.resolve())


def _files(directory: Path) -> list[Path]:
    return [path for pattern in FILES for path in directory.glob(pattern)]


def _remove(directory: Path) -> None:
    for path in _files(directory):
        path.unlink()
    for folder in (directory / "photos", directory / "static" / "offline", directory / "static", directory):
        with suppress(OSError):  # it holds files of the user's
            folder.rmdir()
