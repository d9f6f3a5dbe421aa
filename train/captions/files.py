"""`bokeru caption`: captions for photos in files, folders or standard input, as a table."""

import mimetypes
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from store.errors import UsageError
from store.photo.containers import CLAIM, claimed_format
from store.photo.decode import FORMATS
from train.captions.answers import PhotoCaptions
from train.captions.photo_captioner import STANDARD_INPUT, PhotoCaptioner

NAMED = 5
"""Files of a folder that are no photos are named up to this number, the others counted."""


def caption_files(
    captioner: PhotoCaptioner, photos: Iterable[Path], settings: Mapping[str, Any]
) -> Iterator[PhotoCaptions]:
    """Write captions for photos by their names.

    Args:
        photos: files, folders of photos, or `-` for a photo on standard input.
        settings: those of `train.captions.options.DecodingOptions`.

    Yields:
        For each photo its captions, the highest score first, or the reason why it has none.

    Raises:
        UsageError: a file that is not there, a folder without photos, a setting that cannot have its value.
        UserError: there is no model, no weights, or no vectors to choose a mismatch by.
    """
    return captioner.caption(list(_expand(photos)), settings)


def print_table(results: Iterable[PhotoCaptions]) -> None:
    """Print captions with their score, a line each; photos are named by what tells them apart."""
    results = list(results)
    captions = [caption for result in results for caption in result.get("captions", ())]
    is_plain = all(caption["score"] == caption["log_probability"] for caption in captions)
    folder, names = _apart([result["file"] for result in results])
    if folder:
        print(f"photos of {folder}:")
    table = Table(Column("photo", overflow="fold"), "caption", "log p" if is_plain else "score", box=None)
    if any("source" in caption for caption in captions):
        table.add_column("from photo")
        table.add_column("distance")
    for result, file in zip(results, names, strict=True):
        name = Text(file)
        if "error" in result:
            table.add_row(name, Text(result["error"], style="red"))
        for caption in result.get("captions", ()):
            source = caption.get("source")
            origin = (source["sha256"][:16], f"{source['distance']:.2f}") if source else ()
            table.add_row(name, Text(caption["text"]), f"{caption['score']:.2f}", *origin)
            name = Text("")
    Console().print(table)


def _apart(files: Sequence[str]) -> tuple[str, list[str]]:
    """Return the folder that files have in common, empty where there is none, and their names in it."""
    folders = {str(Path(file).parent) for file in files}
    try:
        folder = os.path.commonpath(folders) if len(files) > 1 else ""
    except ValueError:  # absolute and relative ones, which have nothing in common
        folder = ""
    folder = "" if folder == "." else folder
    return folder, [os.path.relpath(file, folder) if folder else file for file in files]


def _expand(photos: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that were named, and the photos in the folders that were named, sorted."""
    for path in photos:
        if path.is_dir():
            yield from _inside(path)
        elif path == STANDARD_INPUT or path.is_file():
            yield path
        else:
            raise UsageError(
                f"{path} does not exist. Give the path of a photo or a folder, or - for standard input"
            )


def _inside(folder: Path) -> list[Path]:
    """Return the photos in a folder, sorted; name the files that are none.

    Raises:
        UsageError: there is no photo.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    found = [file for file in files if _seems_photo(file)]
    if not found:
        raise UsageError(f"{folder} holds no photos ({', '.join(FORMATS)}). Name a file, or another folder")
    if others := sorted({*files} - {*found}):
        names = ", ".join(str(file.relative_to(folder)) for file in others[:NAMED])
        more = f" and {len(others) - NAMED:,} more" if len(others) > NAMED else ""
        print(f"no photos, left out: {names}{more}", file=sys.stderr)
    return found


def _seems_photo(file: Path) -> bool:
    """Tell whether a file begins as photos do, whatever it is called.

    One that is called a picture and is none, or cannot be read, counts too: it gets its reason.
    """
    kind, _ = mimetypes.guess_type(file.name)
    if (kind or "").startswith("image/"):
        return True
    try:
        with file.open("rb") as content:
            return claimed_format(content.read(CLAIM)) is not None
    except OSError:
        return True
