"""Which declared kind of file a path is of."""

import re

from store.place import SHARED
from store.register.kinds import KINDS, FileKind

FOLDERS = "(?:[^/]+/)*"
NAME = f"(?!(?:{'|'.join(SHARED)})/)[^/.][^/]*"


def kind_of(path: str) -> FileKind | None:
    """Return the kind of the file at `path`, from the data folder; None where none is declared."""
    return next((kind for kind in KINDS if re.fullmatch(pattern(kind.path), path)), None)


def pattern(path: str) -> str:
    """Return the regular expression for a kind's path, in which * and <…> are as `FileKind` has them."""
    return "/".join(_part(part) for part in path.split("/")).replace(f"{FOLDERS}/", FOLDERS)


def _part(part: str) -> str:
    if part == "**":
        return FOLDERS
    pieces = re.split(r"(<[^>]+>|\*)", part)
    found = "".join({"*": "[^/]*", "<": NAME}.get(piece[:1], re.escape(piece)) for piece in pieces)
    return rf"(?!\.){found}" if part.startswith("*") else found
