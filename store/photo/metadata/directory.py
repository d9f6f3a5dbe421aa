"""Directories of tags, as TIFF has them and EXIF took them over: only the tags that are asked for are read.

A reader that loads a whole directory can be made to copy the same megabyte for each of 65,535 tags.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
"""The bytes of a value of each type (TIFF 6.0, section 2; 129, UTF-8, is EXIF 3.0's)."""
BIG_SIZES = {**SIZES, 16: 8, 17: 8, 18: 8}
"""The same of BigTIFF."""
MOST_TAGS = 1_000
"""So many tags of a directory are read; cameras write some dozens."""


class Tag(NamedTuple):
    """An entry of a directory.

    Args:
        length: how many values it has.
        at: where the entry is.
        start, end: where its values are, in the entry or elsewhere; perhaps behind the file's end.
    """

    number: int
    type: int
    length: int
    at: int
    start: int
    end: int


class Directories:
    """The directories of a TIFF structure.

    Args:
        content: the structure, from its byte order on.

    Raises:
        ValueError: it does not begin as one.
    """

    def __init__(self, content: bytes) -> None:
        if content[:2] not in (b"II", b"MM"):
            raise ValueError("no byte order")
        self.order: Literal["little", "big"] = "little" if content[:1] == b"I" else "big"
        self.content = content
        version = self.number(2, 4)
        if version not in (42, 43):
            raise ValueError("no TIFF structure")
        self.is_big = version == 43
        self.header = 16 if self.is_big else 8
        self.entry, self.word = (20, 8) if self.is_big else (12, 4)
        self._sizes = BIG_SIZES if self.is_big else SIZES
        self.first = self.number(8, 16) if self.is_big else self.number(4, 8)

    def number(self, start: int, end: int) -> int:
        """Return the number that some bytes are."""
        return int.from_bytes(self.content[start:end], self.order)

    def tags(self, at: int) -> Iterator[Tag]:
        """Yield the entries of the directory at an offset, as far as the file goes."""
        head = 8 if self.is_big else 2
        place = at + head
        for _ in range(min(self.number(at, place), MOST_TAGS)):
            if place + self.entry > len(self.content):
                return
            kind = self.number(place + 2, place + 4)
            inline = place + 4 + self.word
            count = self.number(place + 4, inline)
            size = self._sizes.get(kind, 1) * count
            start = inline if size <= self.word else self.number(inline, inline + self.word)
            yield Tag(self.number(place, place + 2), kind, count, place, start, start + size)
            place += self.entry

    def after(self, at: int) -> tuple[int, int]:
        """Return where the directory at an offset ends, and where the next one is; 0 for none."""
        head = 8 if self.is_big else 2
        end = at + head + self.number(at, at + head) * self.entry
        return end + self.word, self.number(end, end + self.word)

    def values(self, tag: Tag, most: int = 2**16) -> list[int]:
        """Return a tag's numbers, or offsets; of more than `most`, the first."""
        size = self._sizes.get(tag.type, 1)
        end = min(tag.end, tag.start + most * size, len(self.content))
        return [self.number(at, at + size) for at in range(tag.start, end - size + 1, size)]

    def bytes(self, tag: Tag, most: int = 2**16) -> bytes:
        """Return a tag's bytes; nothing, where they are more than `most` or behind the end."""
        if tag.end > len(self.content) or tag.end - tag.start > most:
            return b""
        return self.content[tag.start : tag.end]
