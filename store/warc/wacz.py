"""Finds the WARC files in a WACZ file, a zip file as browsertrix, archiveweb.page and py-wacz make them.

Nothing is unpacked to the disk: a file is read where it lies. Such a file may come from anywhere, so its list
of files has a limit, and no file is read that is not where it says, or unpacks to far more than it has.

Source: https://specs.webrecorder.net/wacz/1.1.1/; the zip file's records: PKWARE's APPNOTE 6.3.10, 4.3.
"""

import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from store.warc.parts import Part

ENDINGS = (".warc", ".warc.gz")
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_LIST = 64 * 2**20
"""Bytes of a list of files that no collection comes near: some 500,000 files."""
_PACKAGE, _DIGEST = "datapackage.json", "datapackage-digest.json"
_MOST_JSON = 16 * 2**20
_RATIO = 100
"""Text is packed to a tenth; what unpacks to more than so many times its size is refused."""
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_COMMENT = 65535
_LOCAL = struct.Struct("<4s22xHH")
_PIECE = 2**20
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)
"""What `zipfile` raises of a file that is none; NotImplementedError is a RuntimeError."""


def is_wacz(path: Path) -> bool:
    """Tell whether a file begins as a zip file does, whatever it is called."""
    with path.open("rb") as file:
        return file.read(4) in _MAGIC


@dataclass
class Wacz:
    """What is in a WACZ file.

    Args:
        parts: its WARC files, by name.
        problems: what is not read, or not as it should be, each with its reason.
    """

    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_wacz(path: Path) -> Wacz:
    """Return the WARC files in a WACZ file, each compared with what the file says of it.

    Raises:
        OSError: it cannot be opened.
    """
    found = Wacz()
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        try:
            if (listed := _size_of_list(file, size)) > _LIST:
                raise ValueError(f"its list of files has {listed:,} bytes, more than {_LIST:,}")
            with zipfile.ZipFile(file) as archive:
                _read(path, archive, file, size, found)
        except _UNREADABLE as error:
            found = Wacz(problems=[f"it is no zip file that can be read ({error})"])
    return found


def _size_of_list(file: BinaryIO, size: int) -> int:
    """Return the bytes of a zip file's list of files, as its last record says."""
    start = max(0, size - _COMMENT - 98)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 22:
        raise ValueError("its end is missing")
    listed: int = struct.unpack_from("<L", tail, end + 12)[0]
    if listed != 2**32 - 1:
        return listed
    large = tail.rfind(_END_64, 0, end)
    return int(struct.unpack_from("<Q", tail, large + 40)[0]) if large >= 0 else listed


def _read(path: Path, archive: zipfile.ZipFile, file: BinaryIO, size: int, found: Wacz) -> None:
    infos = [info for info in archive.infolist() if info.filename and not info.is_dir()]
    if (reason := _overlap(infos, file, size)) is not None:
        found.problems.append(reason)
        return
    package = _package(archive, found)
    for info in sorted(infos, key=lambda info: info.filename):
        name = info.filename
        if name.lower().endswith((".wacz", ".zip")):
            found.problems.append(f"{name} is a zip file within it, which is not looked into: unpack it")
        elif PurePosixPath(name).parent.name == "archive" and name.lower().endswith(ENDINGS):
            if reason := _refused(info):
                found.problems.append(f"{name} {reason}")
            else:
                part = Part(path, name, _start(file, info), info.compress_size, info.file_size, _packed(info))
                found.parts.append(part)
                found.problems += _differences(part, info.CRC, package.get(name))
    there = {info.filename for info in infos}
    lost = sorted(name for name in package if name.lower().endswith(ENDINGS) and name not in there)
    found.problems += [f"{name} is missing, though {_PACKAGE} lists it" for name in lost]
    if not found.parts:
        found.problems.append(f"it has no file archive/*{ENDINGS[1]} that is read, so it is no WACZ file")


def _packed(info: zipfile.ZipInfo) -> bool:
    return info.compress_type == zipfile.ZIP_DEFLATED


def _refused(info: zipfile.ZipInfo) -> str | None:
    """Return why a WARC file is not read; None if it is."""
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in info.filename:
        return "leads out of the file"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed in a way ({info.compress_type}) that is not read: WACZ stores it as it is"
    if info.file_size > _RATIO * info.compress_size + _PIECE:
        sizes = f"{info.compress_size:,} bytes to {info.file_size:,}"
        return f"unpacks from {sizes}, more than {_RATIO} times"
    if not _packed(info) and info.file_size != info.compress_size:
        return f"has {info.compress_size:,} bytes, not the {info.file_size:,} that are listed"
    return None


def _start(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where a file's bytes begin, behind its own record, whose extra field differs from the list's."""
    file.seek(info.header_offset)
    mark, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    if mark != _MAGIC[0]:
        raise ValueError(f"{info.filename} is not where the list of files has it")
    return int(info.header_offset + _LOCAL.size + name + extra)


def _overlap(infos: list[zipfile.ZipInfo], file: BinaryIO, size: int) -> str | None:
    """Return which files share bytes, or go beyond the end: so a small file could hold any amount."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return f"{info.filename} shares its bytes with another file"
        end = _start(file, info) + info.compress_size
        if end > size:
            return f"{info.filename} goes beyond the end: the file was cut"
    return None


def _package(archive: zipfile.ZipFile, found: Wacz) -> Mapping[str, Mapping[str, Any]]:
    """Return what datapackage.json says of each file, by its path; note where it is not as it was written."""
    try:
        content = _small(archive, _PACKAGE)
        resources = json.loads(content)["resources"]
        listed = {str(one["path"]): one for one in resources}
    except KeyError:
        found.problems.append(f"it has no {_PACKAGE} that lists its files")
        return {}
    except (*_UNREADABLE, TypeError, RecursionError) as error:
        found.problems.append(f"{_PACKAGE} cannot be read ({error})")
        return {}
    try:
        stated = json.loads(_small(archive, _DIGEST)).get("hash")
    except KeyError:  # it is there where somebody vouches for the file
        return listed
    except (*_UNREADABLE, AttributeError, RecursionError) as error:
        found.problems.append(f"{_DIGEST} cannot be read ({error})")
        return listed
    if stated != f"sha256:{hashlib.sha256(content).hexdigest()}":
        found.problems.append(f"{_PACKAGE} is not the one that {_DIGEST} vouches for")
    return listed


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a file of text.

    Raises:
        KeyError: there is none.
        ValueError: it is too large.
    """
    with archive.open(name) as file:
        content = file.read(_MOST_JSON + 1)
    if len(content) > _MOST_JSON:
        raise ValueError(f"it has more than {_MOST_JSON:,} bytes")
    return content


def _differences(part: Part, crc: int, stated: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield where a file's bytes are not those that the zip file and datapackage.json describe."""
    sum_, digests, size = 0, {name: hashlib.new(name) for name in ("sha256", "md5")}, 0
    with part.open("rb") as file:
        while piece := file.read(_PIECE):
            sum_, size = zlib.crc32(piece, sum_), size + len(piece)
            for digest in digests.values():
                digest.update(piece)
    if sum_ != crc or size != part.size:
        yield f"{part.name} is not as it was packed: {size:,} bytes with another checksum than the listed one"
    if stated is None:
        return
    kind, _, value = str(stated.get("hash") or "").rpartition(":")
    known = digests.get(kind or "md5")  # without a kind it is MD5, by the standard of Data Packages
    differs = known is not None and value and known.hexdigest() != value.lower()
    if differs or stated.get("bytes") not in (None, size):
        yield f"{part.name} is not the file that {_PACKAGE} lists"
