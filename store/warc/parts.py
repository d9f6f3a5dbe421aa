"""A WARC file that is a part of another file: opened like a file of its own, and read where it lies."""

import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

_PIECE = 64 * 1024


class Openable(Protocol):
    """What WARC records are read from: a file, or a part of one."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Open it to read bytes."""


@dataclass(frozen=True)
class Part:
    """A file within another one.

    Args:
        path: the file that holds it.
        name: its own.
        start: where its bytes begin.
        held: how many bytes it has there.
        size: how many it has when it is unpacked.
        is_packed: it is packed by deflate; then it is read from its start, and no other place.
    """

    path: Path
    name: str
    start: int
    held: int
    size: int
    is_packed: bool

    def open(self, _mode: Literal["rb"], /) -> BinaryIO:
        """Open it to read bytes."""
        held = _Slice(self.path.open("rb"), self.start, self.held)
        raw = _Unpacked(held, self.size) if self.is_packed else held
        return cast(BinaryIO, io.BufferedReader(raw, _PIECE))


class _Slice(io.RawIOBase):
    """The bytes of an open file from a place on, which it closes."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        piece = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """What deflate packed, up to the size that was announced, a bounded piece at a time."""

    def __init__(self, held: _Slice, size: int) -> None:
        self._held, self._left = held, size
        self._inflate, self._raw = zlib.decompressobj(-zlib.MAX_WBITS), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._left)
        while wanted and not self._inflate.eof:
            self._raw = self._raw or self._held.read(_PIECE) or b""
            ended = not self._raw
            try:
                piece = self._inflate.decompress(self._raw, wanted)
            except zlib.error:  # to the reader of records it ends here, within one
                return 0
            self._raw = self._inflate.unconsumed_tail
            if piece:
                buffer[: len(piece)] = piece
                self._left -= len(piece)
                return len(piece)
            if ended:
                break
        return 0

    def close(self) -> None:
        self._held.close()
        super().close()
