"""Text of any encoding that people save tables in, and the records of a table with any separator."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from dataset.importers.values import Unreadable, number

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_START = 40
"""Bytes by which UTF-16 without a mark is told: the first two or three columns' names."""
_SEPARATOR = re.compile(r"sep=.")
"""The line before the names of columns by which spreadsheets are told what separates them."""
SEPARATORS = ",\t;|"
MAX_LINES = 200
"""The most lines of one record: a quote that is never closed must not swallow the rest of the file."""


def decode(content: bytes) -> str:
    """Return a file's text: by its byte-order mark, else UTF-16 where every second byte is 0, UTF-8 or cp932.

    Unreadable bytes become U+FFFD. UTF-8 with a few broken bytes stays UTF-8: cp932 would read almost any
    bytes as something.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace").lstrip("\ufeff")
    start = content[:_START]  # the columns' names are ASCII; captions behind them are not
    for zeros, encoding in ((start[1::2], "utf-16-le"), (start[::2], "utf-16-be")):
        if len(zeros) > 8 and zeros.count(0) * 2 > len(zeros):
            return content.decode(encoding, errors="replace")
    text = content.decode("utf-8", errors="replace")
    foreign = sum(not character.isascii() for character in text)
    if text.count("\ufffd") * 4 <= foreign:
        return text
    return content.decode("cp932", errors="replace")


class Table:
    """A table in text, with its columns' names in the first line.

    Args:
        text: the file's.
        known: the names of columns that the reader looks for; they decide which separator it is.
        key: the column whose value is a number in every record: by it a record is told from a piece of one.
            None where no column has one in each: then the number of fields tells alone.
    """

    def __init__(self, text: str, known: Sequence[str], key: str | None) -> None:
        self._key = key
        lines = _LINE.findall(text)
        skipped = takewhile(lambda line: not line.strip() or _SEPARATOR.fullmatch(line.strip()), lines)
        self._lines = lines[sum(1 for _ in skipped) :]
        headers = {separator: _names(self._lines[:1], separator) for separator in SEPARATORS}
        self._separator = max(SEPARATORS, key=lambda each: len(set(headers[each]) & set(known)))
        self.columns = headers[self._separator]
        """The columns' names, without blanks and in small letters."""

    def records(self) -> Iterator[dict[str, str] | None]:
        """Yield each record by its columns; None for a line that starts no whole record."""
        at = 1
        while at < len(self._lines):
            record, length = self._record(at)
            if record is None:
                if self._lines[at].strip():
                    yield None
                at += 1
            else:
                yield record
                at += length

    def _record(self, at: int) -> tuple[dict[str, str] | None, int]:
        """Return the record that starts at line `at` and how many lines it takes, or None and 0."""
        joined, length = "", 0
        while at + length < len(self._lines) and length < MAX_LINES:
            joined += self._lines[at + length]
            length += 1
            # A record ends with the line at which all quotes are closed: captions contain line breaks.
            if joined.count('"') % 2 == 0:
                break
        try:
            [fields] = csv.reader([joined], strict=True, delimiter=self._separator)
        except (csv.Error, ValueError):
            return None, 0
        if len(fields) != len(self.columns):
            return None, 0
        record = dict(zip(self.columns, fields, strict=True))
        is_whole = self._key is None or _is_number(record.get(self._key))
        return (record, length) if is_whole else (None, 0)


def _names(lines: list[str], separator: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader(lines, delimiter=separator), [])]
    except csv.Error:
        return []


def _is_number(value: str | None) -> bool:
    try:
        return number(value) is not None
    except Unreadable:
        return False
