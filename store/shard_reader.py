"""Reads shards, also those that another tool has written anew: equal values in other types are the same rows.

pandas, polars and DuckDB write large strings and lists, dictionaries, and times in other units and zones;
pandas writes whole numbers with nulls among them as floats.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.processes.reading import reading
from store.schema import at_least
from store.sql import read_parquet

_TIME = pa.timestamp("us", tz="UTC")
READABLE = "Its bytes can be read: write it again with that column, or put the file back as it was made."
"""What to do with a shard that somebody has changed. Only what nobody can read is to be deleted."""
UNSUSPICIOUS, MOST_TIMES = 256 * 2**20, 100
"""A file may hold so many bytes, or so many times its own size: photos do not compress, texts to a fifth."""
ROWS = 20_000
"""So many rows at most are read at once without photos' bytes: of a dataset some 200,000 captions."""
_ENCRYPTED = re.compile("decrypt|encrypt", re.IGNORECASE)
_BY_OTHERS = "Whoever wrote it can read it: write it again with plain types."
_WITH_A_KEY = "Who has the key can read it: write it again without encryption."

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


class Shard(pq.ParquetFile):  # type: ignore[misc]
    """A Parquet file whose rows come in plain types, and whose pages are held to their checksums.

    Args:
        path: the file.
        schema: the types of columns that must have these, and no equal ones; others come as they are stored.
    """

    def __init__(self, path: Path, schema: pa.Schema | None = None) -> None:
        reading(path)
        super().__init__(path, page_checksum_verification=True)
        try:
            check_size(path, self.metadata)
        except DamagedFile:
            self.close(force=True)
            raise
        self.path, self._wanted = path, schema

    @property
    def schema_arrow(self) -> pa.Schema:
        """The schema of the rows as they are read."""
        return plain_schema(super().schema_arrow, self._wanted)

    def read_row_group(self, *arguments: Any, **options: Any) -> pa.Table:
        """Read a row group, as pyarrow's ParquetFile does."""
        return self._plain(super().read_row_group(*arguments, **options))

    def read_row_groups(self, *arguments: Any, **options: Any) -> pa.Table:
        """Read several row groups."""
        return self._plain(super().read_row_groups(*arguments, **options))

    def read(self, *arguments: Any, **options: Any) -> pa.Table:
        """Read the file."""
        return self._plain(super().read(*arguments, **options))

    def iter_batches(self, *arguments: Any, **options: Any) -> Iterator[pa.RecordBatch]:
        """Read the file in batches."""
        yield from map(self._plain, super().iter_batches(*arguments, **options))

    def together(self, rows: int = ROWS) -> Iterator[list[int]]:
        """Yield runs of row groups with at most `rows` rows, or of one that has more.

        Row groups that are small enough for a preview of photos are slow to read one by one.
        """
        waiting: list[int] = []
        there = 0
        for group in range(self.num_row_groups):
            size = self.metadata.row_group(group).num_rows
            if waiting and there + size > rows:
                yield waiting
                waiting, there = [], 0
            waiting.append(group)
            there += size
        if waiting:
            yield waiting

    def _plain(self, rows: Rows) -> Rows:
        wanted = plain_schema(rows.schema, self._wanted)
        if rows.schema.equals(wanted):
            return rows
        try:
            return _cast(rows, wanted)
        except pa.ArrowInvalid:
            raise self._unfit(rows, wanted) from None

    def _unfit(self, rows: Rows, wanted: pa.Schema) -> DamagedFile:
        """Return which column holds a value that has no place in the type that it must have."""
        for name in rows.schema.names:
            column = rows.select([name])
            try:
                _cast(column, pa.schema([wanted.field(name)]))
            except pa.ArrowInvalid as error:
                reason = str(error).splitlines()[0].rstrip(".")
                return DamagedFile(
                    self.path, f"column {name!r}, which is {wanted.field(name).type}: {reason}", READABLE
                )
        return DamagedFile(self.path, "its columns have other types than they must have", READABLE)


def check_size(path: Path, metadata: pq.FileMetaData) -> None:
    """Check that a file does not hold out of all proportion to its size: zeros compress to a ten-thousandth.

    Raises:
        DamagedFile: it does.
    """
    held = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    size = path.stat().st_size
    if held > max(UNSUSPICIOUS, MOST_TIMES * size):
        reason = f"its {size:,} bytes hold {held:,}, more than {MOST_TIMES} times as many"
        raise DamagedFile(path, reason, "Whoever made it can store it with less compression, if it is meant.")


def completed(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Return the columns of `wanted`, in its types; null where `rows` lack them, as earlier versions do."""
    found = set(rows.column_names)
    columns = [
        rows[field.name].cast(field.type) if field.name in found else pa.nulls(len(rows), field.type)
        for field in wanted
    ]
    return pa.table(columns, wanted.with_metadata(rows.schema.metadata))


def _cast(rows: Rows, wanted: pa.Schema) -> Rows:
    # Nanoseconds are cut to microseconds, which is all that was ever stored; no number is cut.
    stored = plain_schema(rows.schema)
    # Nulls alone get their type at once: a cast from null to null breaks pyarrow 26's lists of structs.
    typed = [field.with_type(_typed(field.type, wanted.field(field.name).type)) for field in stored]
    return rows.cast(pa.schema(typed, stored.metadata), safe=False).cast(wanted)


def _typed(found: pa.DataType, wanted: pa.DataType) -> pa.DataType:
    """Return the type found, with the wanted one wherever it is that of nulls alone."""
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        kinds = {each.name: each.type for each in (*found, *wanted)}
        return pa.struct([each.with_type(_typed(each.type, kinds[each.name])) for each in found])
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        return pa.list_(found.value_field.with_type(_typed(found.value_type, wanted.value_type)))
    return wanted if pa.types.is_null(found) else found


def unreadable(path: Path, error: Exception, column: str = "") -> DamagedFile:
    """Return what is said of a shard that a library cannot read.

    Args:
        column: the one that it cannot read, where others may be whole.
    """
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    if _ENCRYPTED.search(reason):
        return DamagedFile(path, f"{f'column {column!r}' if column else 'it'} is encrypted", _WITH_A_KEY)
    remedy = _BY_OTHERS if isinstance(error, pa.ArrowNotImplementedError) else None
    return DamagedFile(path, f"column {column!r} cannot be read ({reason})" if column else reason, remedy)


def plain_schema(found: pa.Schema, wanted: pa.Schema | None = None) -> pa.Schema:
    """Return the schema in plain types: for columns of `wanted` the types there."""
    asked = {} if wanted is None else {field.name: field.type for field in wanted}
    fields = []
    for field in found:
        kind, other = plain(field.type), asked.get(field.name)
        kind = _narrowed(kind, other) if other and holds(kind, at_least(other)) else kind
        fields.append(field.with_type(kind).with_nullable(True))  # `bokeru forget` leaves fields empty
    return pa.schema(fields, found.metadata)


def _narrowed(found: pa.DataType, wanted: pa.DataType) -> pa.DataType:
    """Return the type wanted, without those fields of a struct that were not read."""
    if pa.types.is_struct(found):
        kinds = {field.name: field.type for field in found}
        there = [field for field in wanted if field.name in kinds]
        return pa.struct([field.with_type(_narrowed(kinds[field.name], field.type)) for field in there])
    if _is_list(found) and pa.types.is_list(wanted):
        return pa.list_(wanted.value_field.with_type(_narrowed(found.value_type, wanted.value_type)))
    return wanted


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    checks = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    return any(check(kind) for check in (*checks, types.is_list_view, types.is_large_list_view))


def plain(kind: pa.DataType) -> pa.DataType:
    """Return the type in which this project stores such values; no number gets another width."""
    types = pa.types
    if types.is_dictionary(kind):
        return plain(kind.value_type)
    if types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_timestamp(kind) and kind.tz is not None:
        return _TIME
    if types.is_fixed_size_list(kind):
        return pa.list_(
            kind.value_field.with_type(plain(kind.value_type)).with_nullable(True), kind.list_size
        )
    if _is_list(kind):
        return pa.list_(kind.value_field.with_type(plain(kind.value_type)).with_nullable(True))
    if types.is_struct(kind):
        return pa.struct([field.with_type(plain(field.type)).with_nullable(True) for field in kind])
    return kind


_ROUNDED = (pa.types.is_floating, pa.types.is_decimal)
"""Kinds of numbers that may stand for whole ones, and of which DuckDB makes whole ones without a word."""


def holds(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether a column of one type can be read as one of another, with the same values."""
    found = plain(found)
    types = pa.types
    if types.is_struct(found) and types.is_struct(wanted):
        kinds = {field.name: field.type for field in found}
        return all(each.name in kinds and holds(kinds[each.name], each.type) for each in wanted)
    if _is_list(found) and types.is_list(wanted):
        return holds(found.value_type, wanted.value_type)
    if types.is_integer(wanted):
        return any(check(found) for check in (types.is_integer, *_ROUNDED, types.is_null))
    if types.is_floating(wanted):
        return bool(types.is_floating(found) or types.is_null(found))
    # A column of nulls has no type of its own.
    return bool(found == wanted or types.is_null(found))


def sql_rows(paths: Sequence[Path], schema: pa.Schema, *, places: bool = False) -> str:
    """Return the SQL that reads shards with the columns of a schema, in its types; null where one is lacking.

    Args:
        places: add the columns `filename` and `file_row_number`, which tell where a row lies.

    Raises:
        DamagedFile: a number that must be whole is not.
    """
    # Columns that all files hold in that type are named as they are: then nothing is cast.
    found = dict(_schemas(paths))
    others = _other_types(found.values(), schema)
    for path, columns in found.items():
        _hold_to(path, [field.name for field in others if _is_rounded(columns, field)], schema)
    rows = read_parquet(paths, places=places)
    casts = ", ".join(f'CAST("{field.name}" AS {sql_type(field.type)}) AS "{field.name}"' for field in others)
    replaced = f" REPLACE ({casts})" if others else ""
    lacking = "".join(
        f', CAST(NULL AS {sql_type(field.type)}) AS "{field.name}"'
        for field in _lacking(found.values(), schema)
    )
    return f"(SELECT *{replaced}{lacking} FROM {rows})" if replaced or lacking else rows


def _schemas(paths: Iterable[Path]) -> Iterator[tuple[Path, pa.Schema]]:
    for path in paths:
        with suppress(pa.ArrowException, OSError):  # a damaged file is told where its rows are read
            yield path, pq.read_schema(path)


def _is_rounded(found: pa.Schema, wanted: pa.Field) -> bool:
    return wanted.name in found.names and _rounds(found.field(wanted.name).type, wanted.type)


def _rounds(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Tell whether DuckDB's CAST would round values of one type to whole numbers of another."""
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        kinds = {field.name: field.type for field in found}
        return any(field.name in kinds and _rounds(kinds[field.name], field.type) for field in wanted)
    if _is_list(found) and pa.types.is_list(wanted):
        return _rounds(found.value_type, wanted.value_type)
    return pa.types.is_integer(wanted) and any(check(found) for check in _ROUNDED)


def _hold_to(path: Path, columns: list[str], schema: pa.Schema) -> None:
    """Read columns in the types that they must have, which pyarrow does for whole numbers only."""
    if columns:
        with suppress(pa.ArrowException, OSError), Shard(path, schema) as shard:
            for _ in shard.iter_batches(columns=columns):
                pass


def _other_types(found: Iterable[pa.Schema], wanted: pa.Schema) -> list[pa.Field]:
    """Return the fields wanted that any file has in another type."""
    names = {
        field.name
        for schema in found
        for field in schema
        if field.name in wanted.names and field.type != wanted.field(field.name).type
    }
    return [field for field in wanted if field.name in names]


def _lacking(found: Collection[pa.Schema], wanted: pa.Schema) -> list[pa.Field]:
    """Return the fields wanted that no file has."""
    names = {name for schema in found for name in schema.names}
    return [field for field in wanted if found and field.name not in names]


def sql_type(kind: pa.DataType) -> str:
    """Return the name of an Arrow type in DuckDB's SQL."""
    types = pa.types
    if types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in kind) + ")"
    if types.is_list(kind):
        return sql_type(kind.value_type) + "[]"
    if types.is_fixed_size_list(kind):
        return f"{sql_type(kind.value_type)}[{kind.list_size}]"
    if types.is_timestamp(kind):
        return "TIMESTAMPTZ"
    names = {"string": "VARCHAR", "binary": "BLOB", "int64": "BIGINT", "int32": "INTEGER", "float": "FLOAT"}
    return names.get(str(kind)) or {"double": "DOUBLE", "bool": "BOOLEAN"}[str(kind)]
