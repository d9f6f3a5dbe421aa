"""Finds the photos that records name, in folders and zip files, whatever their suffix."""

import os
import stat
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote, urlsplit

from store.errors import Unexpected
from store.photo.containers import CLAIM, claimed_format

MAX_PHOTO_BYTES = 64 * 2**20


class NoPhoto(Exception):
    """A record's photo is not there; the message says why."""


@dataclass(frozen=True)
class Member:
    """A file in a folder, or in a zip file.

    Args:
        name: its path below the folder or within the zip file, with `/`.
        path: the file, or the zip file that holds it.
        archive: the zip file, opened.
        info: which of its files.
    """

    name: str
    path: Path
    archive: zipfile.ZipFile | None = None
    info: zipfile.ZipInfo | None = None

    def read(self, size: int = MAX_PHOTO_BYTES) -> bytes:
        """Return at most so many bytes of the file.

        Raises:
            OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError: it cannot be read: encrypted, say.
        """
        if self.archive is None or self.info is None:
            with self.path.open("rb") as file:
                return file.read(size)
        with self.archive.open(self.info) as member:
            return member.read(size)

    def read_all(self, most: int) -> bytes:
        """Return the whole file.

        Raises:
            ValueError: it has more bytes than that, or says so; the message names the limit.
            OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError: as `read`.
        """
        content = b"" if self.info and self.info.file_size > most else self.read(most + 1)
        if len(content) > most or (self.info and self.info.file_size > most):
            raise ValueError(f"it has more than {most:,} bytes. Split it")
        return content


UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,  # encrypted
    NotImplementedError,  # a compression that Python lacks
)
"""What `Member.read` raises."""


class Members:
    """All files of a folder, with its zip files, or of one zip file. Links that lead out are not followed.

    Use it as a context manager: zip files stay open meanwhile.

    Args:
        source: the folder or the zip file.
    """

    def __init__(self, source: Path) -> None:
        self.source, self._open = source, ExitStack()
        self.refused: list[str] = []
        """Files and folders that were not looked into, each with the reason."""
        self.all: list[Member] = []

    def __enter__(self) -> Self:
        if self.source.is_dir():
            for path in self._walk():
                self.all.append(Member(path.relative_to(self.source).as_posix(), path))
                if path.suffix.lower() == ".zip":
                    self._add_zip(path)
        else:
            self._add_zip(self.source)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def named(self, *names: str) -> list[Member]:
        """Return the files of one of these names, whatever their capitals, in the order of their paths."""
        found = [member for member in self.all if PurePosixPath(member.name).name.lower() in names]
        return sorted(found, key=lambda member: (str(member.path), member.name))

    def _walk(self) -> Iterator[Path]:
        root = self.source.resolve()
        for folder, folders, files in os.walk(self.source):
            folders.sort()
            for name in [*folders, *sorted(files)]:
                path = Path(folder, name)
                if path.is_symlink() and (reason := _leads_astray(path, root)):
                    self.refused.append(f"{path.relative_to(self.source)} is a link that leads {reason}")
                elif path.is_file():
                    yield path

    def _add_zip(self, path: Path) -> None:
        try:
            archive = self._open.enter_context(zipfile.ZipFile(path))
        except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
            self.refused.append(f"{path.name} is no zip file that can be read ({error})")
            return
        for info in archive.infolist():
            if not info.filename:  # of which `is_dir` cannot tell
                self.refused.append(f"{path.name} holds a file without a name")
                continue
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            if not info.is_dir() and not is_link and not info.filename.startswith("__MACOSX/"):
                # Some tools of Windows write \ in names, against the format.
                self.all.append(Member(info.filename.replace("\\", "/"), path, archive, info))
                if info.filename.lower().endswith(".zip"):
                    within = f"{info.filename} is a zip file within {path.name}"
                    self.refused.append(f"{within}, which is not looked into: unpack {path.name}")

    def without(self, wanted: str, step: str) -> Unexpected:
        """Return the error where a file of a name is not there; it says what is, and what was refused."""
        shown = ", ".join(member.name for member in self.all[:5]) or "none"
        reasons = "".join(f"; {reason}" for reason in self.refused[:5])
        return Unexpected(f"{self.source} holds no {wanted}; files there: {shown}{reasons}. {step}")


class PhotoFiles:
    """Finds photos by what records say of their place, among the files of a folder or a zip file."""

    def __init__(self, members: Members, beside: Member) -> None:
        """Look among the files that lie where the table `beside` does, or below, and in zip files there."""
        folder = PurePosixPath(beside.name).parent
        self._place = folder.name or members.source.resolve().name
        self._named: defaultdict[str, list[tuple[str, Member]]] = defaultdict(list)
        for member in members.all:
            within = _within(member, beside, folder)
            if within is not None and member.name != beside.name:
                bare = _without_suffix(_key(within))
                self._named[bare.rpartition("/")[2]].append((bare, member))

    def find(self, written: str) -> Member:
        """Return the file that is meant by a path, an address or a number.

        Only listed files are looked at, since a record could name any file of this machine. A listed file is
        meant where its path ends as what is written does, or the other way round.

        Raises:
            NoPhoto: there is none.
        """
        named = _path(written)
        if ".." in named.split("/"):
            raise NoPhoto(f"its path leads out of {self._place}")
        # Both as it is written and without its suffix: 7.1 may be a number of its own. Last, without escapes.
        plain, unescaped = _key(named), _key(_path(unquote(named)))
        spelled = (_without_suffix(plain), plain, _without_suffix(unescaped), unescaped)
        for bare in dict.fromkeys(one for one in spelled if ".." not in one.split("/")):
            meant = [
                (len(path), member)
                for path, member in self._named.get(bare.rpartition("/")[2], ())
                if bare and (f"/{path}".endswith(f"/{bare}") or f"/{bare}".endswith(f"/{path}"))
            ]
            # Beside a photo may lie a text of the same name: what begins as photos do comes first.
            meant.sort(key=lambda found: (not _begins_as_photo(found[1]), -found[0], found[1].name))
            if meant:
                return meant[0][1]
        raise NoPhoto(f"{named.rpartition('/')[2][:200] or 'it'} is missing in {self._place}")

    def examples(self, count: int = 3) -> list[str]:
        """Return the paths of some files, for a message."""
        return [member.name for found in list(self._named.values())[:count] for _, member in found[:1]]


def _leads_astray(link: Path, root: Path) -> str | None:
    try:
        return None if link.resolve().is_relative_to(root) else f"out of {root.name}"
    except (OSError, RuntimeError):
        return "to itself"


def _within(member: Member, beside: Member, folder: PurePosixPath) -> str | None:
    """Return a file's path below the table's folder, or within a zip file that lies there; None elsewhere."""
    if member.archive is not None and member.archive is not beside.archive:
        is_there = beside.archive is None and member.path.is_relative_to(beside.path.parent)
        return member.name if is_there else None
    if member.path.suffix.lower() == ".zip" and member.archive is None:
        return None
    path = PurePosixPath(member.name)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None


def _path(written: str) -> str:
    """Return the path of an address, or of a path as any system writes it, without what it begins with."""
    if "://" in written or written.startswith("//"):
        try:
            written = unquote(urlsplit(written).path)
        except ValueError:
            return written
    parts = written.strip().replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def _key(path: str) -> str:
    """Return a path as it is compared: capitals do not count, nor how a Mac writes が in names of files."""
    return unicodedata.normalize("NFC", path).lower()


def _without_suffix(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)


def _begins_as_photo(member: Member) -> bool:
    try:
        return claimed_format(member.read(CLAIM)) is not None
    except UNREADABLE:
        return False
