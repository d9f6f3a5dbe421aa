"""Reads WARC files, our own and other tools': a gzip member a record, one stream for all, or plain.

Such a file may come from anywhere: lines, fields and blocks have limits, and damage is named with its place.
"""

import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from store.warc.parts import Openable
from store.warc.write import digest

MOST = 64 * 2**20
"""Bytes. A larger block is passed over."""

_PIECE = 64 * 1024
_VERSION = re.compile(rb"\s{0,8}WARC/\d+\.\d+\r?\n")
_ENDS = "the file ends within the record at byte {:,}"
_LINE, _FIELDS = 64 * 1024, 256
"""A line and a number of fields that no tool's records come near."""


class DamagedArchive(ValueError):
    """What is read is no WARC file, or is cut or damaged; the message says where, and why.

    `offset` is that of the record (in a packed file: of the gzip member) that cannot be read.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True)
class Record:
    """A record.

    Args:
        kind: WARC-Type in lower case.
        fields: its named fields, names in lower case; of a name that is there twice, the first.
        block: its block; None where it was not asked for, or is larger than it may be.
        offset: where its gzip member starts in the file (in a plain file: the record itself).
    """

    kind: str
    fields: dict[str, str]
    block: bytes | None
    offset: int

    @property
    def uri(self) -> str:
        """WARC-Target-URI; WARC/1.0 of some tools has it in angle brackets."""
        return self.fields.get("warc-target-uri", "").removeprefix("<").removesuffix(">")


def read_records(
    path: Openable, kinds: Collection[str] | None = None, *, most: int = MOST, start: int = 0
) -> Iterator[Record]:
    """Yield the records of a file, each with its block if it is one of `kinds`; by default all have it.

    Args:
        path: the file, or the part of a file.
        most: the most bytes of a block that are read; the block of a larger one is None.
        start: the offset of the first record that is read.

    Raises:
        DamagedArchive: at the first place that cannot be read, when all before was yielded.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        if start:
            file.seek(start)
        stream = _Stream(file, start)
        while stream.starts_record():
            yield _record(stream, kinds, most)


def first_fields(path: Path) -> dict[str, str]:
    """Return the fields in a file's first record, which says how the file was made; names in lower case.

    Raises:
        DamagedArchive, OSError: as `read_records`.
    """
    record = next(read_records(path), None)
    if record is None or record.kind != "warcinfo" or record.block is None:
        return {}
    lines = record.block.decode("utf-8", "replace").splitlines()
    named = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in named}


def read_at(file: BinaryIO, offset: int, *, most: int = MOST) -> Record:
    """Return the record at an offset that `Record.offset` told.

    Raises:
        DamagedArchive: there is none, or it is damaged.
    """
    file.seek(offset)
    stream = _Stream(file, offset)
    if not stream.starts_record():
        raise DamagedArchive(f"no record at byte {offset:,}", offset)
    return _record(stream, None, most)


def next_record(path: Openable, start: int) -> int | None:
    """Return the offset of the first record at `start` or behind it, past what is damaged; None without one.

    In a packed file that is where a gzip member starts whose content starts as a record does.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        mark = b"\x1f\x8b\x08" if packed else b"WARC/"
        file.seek(start)
        held, at = b"", start  # `at` is where `held` starts in the file
        while piece := file.read(_PIECE):
            held += piece
            place = -1
            while (place := held.find(mark, place + 1)) >= 0:
                if _starts_record(path, at + place, packed):
                    return at + place
            kept = len(mark) - 1
            at, held = at + len(held) - kept, held[-kept:]
    return None


def _starts_record(path: Openable, offset: int, packed: bool) -> bool:
    with path.open("rb") as file:
        file.seek(offset)
        start = file.read(1024)
    if packed:
        try:
            start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, 64)
        except zlib.error:
            return False
    return _VERSION.match(start) is not None


def check(path: Path) -> None:
    """Read a file to its end, and compare the digests of its blocks.

    Raises:
        DamagedArchive: it is not as it was written.
    """
    for record in read_records(path):
        stated = record.fields.get("warc-block-digest", "")
        found = digest(record.block or b"")
        if record.block is None or not stated.lower().startswith("sha1:") or len(stated) != len(found):
            continue  # some tools write other digests, or write them in base 16
        if found.lower() != stated.lower():
            reason = f"the block at byte {record.offset:,} has the digest {found}, not {stated}"
            raise DamagedArchive(reason, record.offset)


def _record(stream: "_Stream", kinds: Collection[str] | None, most: int) -> Record:
    offset = stream.offset
    version = stream.line()
    if not version.startswith(b"WARC/"):
        raise DamagedArchive(f"no WARC record at byte {offset:,}", offset)
    fields = _fields(stream)
    kind = fields.get("warc-type", "").lower()
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise DamagedArchive(f"the record at byte {offset:,} has no length", offset)
    wanted = (kinds is None or kind in kinds) and int(length) <= most
    return Record(kind, fields, stream.block(int(length), keep=wanted), offset)


def _fields(stream: "_Stream") -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for _ in range(_FIELDS):
        line = stream.line()
        if not line:
            return fields
        text = line.decode("utf-8", "replace")
        if text[0] in " \t":  # a field may go on in the next line
            fields[name] = f"{fields.get(name, '')} {text.strip()}"
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        fields.setdefault(name, value.strip())
    reason = f"the record at byte {stream.offset:,} has more than {_FIELDS} fields"
    raise DamagedArchive(reason, stream.offset)


class _Stream:
    """The bytes of a file, decompressed where it is compressed, a bounded piece at a time."""

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file = file
        self._read = start  # bytes of the file that were taken into `_raw`
        self._raw, self._ready = b"", b""
        self._raw = self._more()
        self._packed = self._raw.startswith(b"\x1f\x8b")
        self._member: zlib._Decompress | None = None
        self._is_full = False
        self._start = start

    @property
    def offset(self) -> int:
        """Where the current gzip member starts; in a plain file, the current record."""
        return self._start

    def starts_record(self) -> bool:
        """Pass over the empty lines between records; tell whether there is another one."""
        while True:
            self._ready = self._ready.lstrip(b"\r\n")
            if self._ready:
                if not self._packed:
                    self._start = self._read - len(self._raw) - len(self._ready)
                return True
            if not self._fill():
                return False

    def line(self) -> bytes:
        """Return the next line, without its end."""
        while b"\n" not in self._ready[: _LINE + 1]:
            if len(self._ready) > _LINE:
                raise self._damage(f"a line of the record at byte {{:,}} is longer than {_LINE:,}")
            if not self._fill(within=True):
                raise self._damage(_ENDS)
        line, _, self._ready = self._ready.partition(b"\n")
        return line.rstrip(b"\r")

    def block(self, length: int, *, keep: bool) -> bytes | None:
        """Return the next `length` bytes, or pass over them."""
        pieces: list[bytes] = []
        while length:
            if not self._ready and not self._fill(within=True):
                raise self._damage(_ENDS)
            piece, self._ready = self._ready[:length], self._ready[length:]
            length -= len(piece)
            if keep:
                pieces.append(piece)
        return b"".join(pieces) if keep else None

    def _fill(self, *, within: bool = False) -> bool:
        """Add to what is ready; return False at the end of the file.

        Args:
            within: a record goes on, so its offset stays that of the member that it started in.
        """
        if not self._packed:
            piece, self._raw = self._raw or self._more(), b""
            self._ready += piece
            return bool(piece)
        while True:
            if self._member is None and not self._next_member(within):
                return False
            assert self._member
            before = len(self._ready)
            self._inflate()
            if len(self._ready) > before:
                return True

    def _next_member(self, within: bool) -> bool:
        self._raw = self._raw or self._more()
        if not self._raw:
            return False
        if not within:
            self._start = self._read - len(self._raw)
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return True

    def _inflate(self) -> None:
        assert self._member
        if not self._raw and not self._is_full:
            self._raw = self._more()
            if not self._raw:
                raise self._damage(_ENDS)
        try:
            piece = self._member.decompress(self._raw, _PIECE)
        except zlib.error as error:
            raise self._damage(f"the gzip member at byte {{:,}} is damaged ({error})") from None
        self._ready += piece
        self._is_full = len(piece) == _PIECE  # then there may be more of what it was given
        if self._member.eof:
            self._is_full = False
            self._raw, self._member = self._member.unused_data, None
        else:
            self._raw = self._member.unconsumed_tail

    def _damage(self, words: str) -> DamagedArchive:
        return DamagedArchive(words.format(self.offset), self.offset)

    def _more(self) -> bytes:
        piece = self._file.read(_PIECE)
        self._read += len(piece)
        return piece
