"""What an export made in its folder: a list beside it, so that it takes its own place and nothing else's.

Everything else in the folder is the user's, at whatever depth: it stays where the export is written again,
and where it goes. A folder that holds other things, and no such list, is not exported to.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from store.errors import DamagedFile, UserError
from store.register.sealed import Sealed
from store.replacing.directory import locked, replacement
from store.whole_file import read_whole, write_whole

NAME = "exported.json"
REMEDY = "Delete it with all that the export made, and export again."
BEFORE = re.compile(
    r"README\.md|(train|dev)(\.jsonl|-\d{5}\.tar)|(train|dev)/\d{5}/(metadata\.parquet|[0-9a-f]{64}\.\w+)"
    r"|images/((train|dev)/(\d{5}/)?)?(metadata\.parquet|[0-9a-f]{64}\.\w+)|annotations/captions_(train|dev)\.json"
    r"|(index|training)(\.\w\w)?\.html|static/(style\.css|theme\.js|icon\.svg)"
    r"|static/offline/(decoder|write|model)\.js|photos/[0-9a-f]{64}\.(jpg|svg)"
)
"""What exports hold that were made before there was a list."""


class Made(Sealed):
    """What an export made: files, by their paths from its folder."""

    model_config = ConfigDict(extra="forbid")
    files: list[str]


@contextmanager
def exported(directory: Path) -> Iterator[Path]:
    """Yield an empty folder; what is in it at the end takes the place of what an export made in `directory`.

    Files of the user's that are there stay.

    Raises:
        UserError: another process is exporting there; or a file of the user's has a name that the export
        needs, or is a pipe, a socket or a device. DamagedFile: the list of what was made cannot be read.
    """
    directory = directory.resolve()  # else a link to a folder would be replaced by one
    with locked(directory), replacement(directory) as new:
        yield new
        files = sorted(map(str, _files(new)))
        write_whole(new / NAME, Made(files=files).sealed())
        _keep_others(directory, new)


def check_free(directory: Path, known: bool) -> None:
    """Check that an export may be written into a folder.

    Args:
        known: whether it is written down that an export went there, made before there was a list.

    Raises:
        UserError: it holds other things, and no export is there.
        DamagedFile: the list of what was made there cannot be read.
    """
    if not directory.is_dir() or made(directory) is not None:
        return
    others = [path for path in _files(directory) if not (known and BEFORE.fullmatch(str(path)))]
    if others:
        raise UserError(
            f"{directory} is not empty: {min(others)} is in it, and no export made that. Name a new folder, "
            "or empty it"
        )


def made(directory: Path) -> set[Path] | None:
    """Return what an export made in a folder, from there; None where no list says so.

    Raises:
        DamagedFile: the list cannot be read.
    """
    path = directory / NAME
    try:
        listed = Made.model_validate_json(read_whole(path, REMEDY)).opened(path, REMEDY)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        reason = f"not a list of what an export made ({error.error_count()} errors)"
        raise DamagedFile(path, reason, REMEDY) from None
    files = {Path(NAME), *map(Path, listed.files)}
    if out := [str(each) for each in files if each.is_absolute() or ".." in each.parts]:
        raise DamagedFile(path, f"it names {min(out)!r}, which is not in its folder", REMEDY)
    return files


def remove(directory: Path) -> None:
    """Delete what an export made in a folder, and the folders that are empty then."""
    ours = _ours(directory)
    for path in sorted(ours & _files(directory), key=lambda path: path == Path(NAME)):  # the list last
        (directory / path).unlink()
    for folder in sorted({parent for path in ours for parent in path.parents}, reverse=True):
        with suppress(OSError):  # it holds files of the user's
            (directory / folder).rmdir()


def is_there(directory: Path) -> bool:
    """Tell whether anything that an export made is in a folder."""
    return bool(_ours(directory) & _files(directory))


def _ours(directory: Path) -> set[Path]:
    listed = made(directory)
    if listed is not None:
        return listed
    return {path for path in _files(directory) if BEFORE.fullmatch(str(path))}


def _files(directory: Path) -> set[Path]:
    """Return the files and links in a folder and the empty folders, at any depth, from there."""
    found = set[Path]()
    for folder, folders, files in os.walk(directory):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        found.update((here / name).relative_to(directory) for name in [*files, *links])
        if not files and not folders and here != directory:
            found.add(here.relative_to(directory))
    return found


def _keep_others(old: Path, new: Path) -> None:
    """Take the user's own files along to the export that is written in the place of an older one."""
    for path in _files(old) - _ours(old):
        source, target = old / path, new / path
        if target.exists() or target.is_symlink():
            raise UserError(f"{source} is not of the export, which needs its name. Move it, and try again")
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True)
            continue
        if not (source.is_file() or source.is_symlink()):
            raise UserError(f"{source} is no file, but a pipe, socket or device. Move it, and try again")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
