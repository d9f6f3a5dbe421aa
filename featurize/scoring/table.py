"""Scores that somebody has in a table: a Parquet file with a row a photo or a boke."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from featurize.scoring.answer import scores
from featurize.scoring.rows import Item, Row, failed, scored
from store.errors import UsageError

KEYS = ("boke_id", "sha256")
"""The columns that say whose scores they are; a boke's number comes before its photo's sha256."""
ONE = "score"
"""The column whose values get the name of the scores alone; all others of numbers are added to it."""


def digest(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


class ScoreTable:
    """The table, in memory.

    Attributes:
        kind: `text` where it goes by boke, `photo` where it goes by sha256.

    Raises:
        UsageError: it is no Parquet file, or has no key or no numbers.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        try:
            table = pq.read_table(path)
        except (pa.ArrowException, OSError) as error:
            raise UsageError(f"{path} is no Parquet file that can be read: {error}") from None
        key = next((key for key in KEYS if key in table.column_names), None)
        numbers = [field.name for field in table.schema if _is_number(field) and field.name not in KEYS]
        if key is None or not numbers:
            found = ", ".join(table.column_names)
            raise UsageError(
                f"{path} has the columns {found}. It needs boke_id or sha256, and a column of numbers"
            )
        self._key, self._numbers = key, numbers
        self.kind = "text" if key == "boke_id" else "photo"
        rows = table.select([key, *numbers]).to_pylist()
        self._rows = {row.pop(key): row for row in rows}

    def rows(self, items: Sequence[Item]) -> list[Row]:
        """Return the rows of those items that the table has; the others have none."""
        return [self._row(item) for item in items if getattr(item, self._key) in self._rows]

    def _row(self, item: Item) -> Row:
        row = self._rows[getattr(item, self._key)]
        try:
            return scored(item, scores(self._name, row[ONE] if self._numbers == [ONE] else row))
        except ValueError as error:
            return failed(item, str(error).replace("it returned", "the table has"))


def _is_number(field: pa.Field) -> bool:
    types = pa.types
    return bool(types.is_integer(field.type) or types.is_floating(field.type) or types.is_boolean(field.type))
