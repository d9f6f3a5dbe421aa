"""What `bokeru inspect` says of a table: rows, nulls, sizes and a few values, of whatever Parquet files.

A footer tells most of it. Pages are read column by column: one that cannot be read costs itself alone. Photo
bytes and vectors are never read.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.describe.values import in_brief
from store.errors import UserError
from store.shard_reader import unreadable
from store.shards import read_schema

EXAMPLES = 3
SECONDS = 20.0
"""What counting the nulls of one file may take."""
_ROWS = 8192
_LARGE = "was not read: it takes more memory than this command uses. DuckDB may read it, within a limit"
_HEAVY = (
    *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
    *(pa.types.is_fixed_size_list, pa.types.is_fixed_size_binary),
)


@dataclass
class Column:
    """A column of a table.

    Args:
        name: as in the first file.
        kind: its type there.
        nulls: how many; None where they were not counted.
        stored: its bytes on the disk; None where they are not known.
        examples: its first values, in brief.
    """

    name: str
    kind: pa.DataType
    nulls: int | None = 0
    stored: int | None = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class TableFacts:
    """A table's figures.

    Args:
        files: how many could be read.
        bytes: theirs on the disk.
        troubles: what could not be read.
    """

    columns: list[Column] = field(default_factory=list)
    files: int = 0
    rows: int = 0
    groups: int = 0
    bytes: int = 0
    troubles: list[UserError] = field(default_factory=list)


def table_facts(paths: Sequence[Path]) -> TableFacts:
    """Return the figures of the table that these files are."""
    facts = TableFacts()
    for path in paths:
        try:
            _add(facts, path)
        except UserError as error:
            facts.troubles.append(error)
        except (pa.ArrowException, OSError) as error:  # it has changed since its footer was read
            facts.troubles.append(unreadable(path, error))
    return facts


def _add(facts: TableFacts, path: Path) -> None:
    schema = read_schema(path)
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        facts.columns = facts.columns or [Column(each.name, each.type) for each in schema]
        facts.files += 1
        facts.rows += file.metadata.num_rows
        facts.groups += file.num_row_groups
        facts.bytes += path.stat().st_size
        reader = _Reader(path, file, schema)
        for column, place in zip(facts.columns, _places(facts.columns, schema), strict=True):
            reader.add(column, place)
        facts.troubles += reader.troubles


def _places(columns: Sequence[Column], schema: pa.Schema) -> Iterator[int | None]:
    """Yield where each column stands in a file's schema: several may have one name."""
    for number, column in enumerate(columns):
        before = sum(other.name == column.name for other in columns[:number])
        places = [place for place, name in enumerate(schema.names) if name == column.name]
        yield places[before] if before < len(places) else None


class _Reader:
    """Reads one file, column by column, for no longer than SECONDS."""

    def __init__(self, path: Path, file: pq.ParquetFile, schema: pa.Schema) -> None:
        self._path, self._file, self._schema = path, file, schema
        self._until = time.monotonic() + SECONDS
        self.troubles: list[UserError] = []

    def add(self, column: Column, place: int | None) -> None:
        """Add what this file holds of a column; `place` is its place in the schema, None where it lacks."""
        if place is None:
            column.nulls = _sum(column.nulls, self._file.metadata.num_rows)
            return
        try:
            nulls = None if is_heavy(self._schema.types[place]) else self._read(column, place)
            stored = self._stored(place)
        except MemoryError:
            self.troubles.append(UserError(f"{self._path}: column {column.name!r} {_LARGE}"))
            nulls = stored = None
        # A library that meets what it does not expect raises anything; all mean that it cannot read it.
        except Exception as error:
            self.troubles.append(unreadable(self._path, error, column.name))
            nulls = stored = None
        column.nulls, column.stored = _sum(column.nulls, nulls), _sum(column.stored, stored)

    def _read(self, column: Column, place: int) -> int | None:
        """Return a column's nulls, None if counting them takes too long; add its first values."""
        nulls = 0
        for values in self._values(place):
            if not column.examples:
                column.examples += [in_brief(value) for value in values[:EXAMPLES]]
            nulls += values.null_count
            if time.monotonic() > self._until:
                return None
        return nulls

    def _values(self, place: int) -> Iterator[pa.Array]:
        name = self._schema.names[place]
        before = self._schema.names[:place].count(name)
        for batch in self._file.iter_batches(_ROWS, columns=[name]):
            # A name with a dot is also that of a struct's field: whatever has this one is read.
            yield [batch.column(at) for at, found in enumerate(batch.schema.names) if found == name][before]

    def _stored(self, place: int) -> int:
        """Return the bytes that a column takes on the disk: its leaves follow those of the columns before."""
        first = sum(map(_leaves, self._schema.types[:place]))
        leaves = range(first, first + _leaves(self._schema.types[place]))
        groups = map(self._file.metadata.row_group, range(self._file.num_row_groups))
        return sum(group.column(leaf).total_compressed_size for group in groups for leaf in leaves)


def is_heavy(kind: pa.DataType) -> bool:
    """Tell whether values of a type are photos or vectors, which are not read."""
    if pa.types.is_struct(kind):
        return any(is_heavy(each.type) for each in kind)
    return any(check(kind) for check in _HEAVY)


def _leaves(kind: pa.DataType) -> int:
    if isinstance(kind, pa.BaseExtensionType):
        return _leaves(kind.storage_type)
    return sum(_leaves(kind.field(number).type) for number in range(kind.num_fields)) or 1


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
