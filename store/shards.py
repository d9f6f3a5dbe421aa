"""Parquet shards: a writer that publishes only whole files, and a check that they are whole."""

import secrets
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile, UserError
from store.processes.reading import reading
from store.replacing.files import KEY, named_in
from store.schema import required
from store.shard_reader import READABLE, check_size, holds, unreadable
from store.whole_file import NO_FILE, read_whole, whole_file

UNIQUE = frozenset(("url", "sha256", "path", "phash", "text", "text_nfkc"))
"""Columns of strings that hardly ever repeat: a dictionary of them would be as large as the column."""


@dataclass(frozen=True)
class ShardLimits:
    """A shard is committed when it reaches any of these: rows, bytes, or seconds since its first row."""

    rows: int = 100_000
    bytes: int = 256 * 2**20
    seconds: float = float("inf")
    row_group_rows: int = 100
    row_group_bytes: int = 16 * 2**20


@contextmanager
def whole_parquet(
    path: Path, schema: pa.Schema, replaces: Collection[str] = ()
) -> Iterator[pq.ParquetWriter]:
    """Yield a Parquet writer for `path`; the file appears, whole, when the block ends well.

    zstd with page index and page checksums; binary leaves (photo bytes) and float leaves (vectors) are
    stored without dictionary, binary ones also uncompressed, since JPEG does not compress.

    Args:
        replaces: names of files in the same folder in whose place it comes, see `store.replacing.files`.
    """
    if replaces:
        names = " ".join(sorted(replaces)).encode()
        schema = schema.with_metadata({**(schema.metadata or {}), KEY.encode(): names})
    leaves = dict(_leaves(schema))
    codecs = {leaf: "NONE" if pa.types.is_binary(kind) else "zstd" for leaf, kind in leaves.items()}
    # Dictionaries only for words that repeat, such as categories.
    words = [leaf for leaf, kind in leaves.items() if pa.types.is_string(kind)]
    dictionary = [leaf for leaf in words if leaf.rpartition(".")[2] not in UNIQUE]
    with whole_file(path) as temporary:
        writer = pq.ParquetWriter(
            temporary,
            schema,
            compression=codecs,
            use_dictionary=dictionary,
            write_page_index=True,
            write_page_checksum=True,
        )
        try:
            yield writer
        except BaseException:
            with suppress(pa.ArrowException, OSError):  # the first error is the one to report
                writer.close()
            raise
        writer.close()


class ShardWriter:
    """Append rows to a table that is a folder of Parquet shards.

    Rows gather in row groups, row groups in a temporary file, which is published when a limit is reached,
    on `commit`, and when the `with` block ends, even by an exception: the rows given so far are whole.
    A process that is killed loses only the rows since the last commit. Not thread-safe.

    Args:
        directory: the table's folder.
        name: what the names of its shards begin with.
        schema: its columns.
        limits: when a shard is committed.
        before: is called with the path of a shard just before that is published, for a file that belongs to
            its rows; if it raises, the rows are not published.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        schema: pa.Schema,
        limits: ShardLimits | None = None,
        before: Callable[[Path], object] = lambda path: None,
    ):
        self._directory, self._name, self._schema = directory, name, schema
        self._limits, self._before = limits or ShardLimits(), before
        self._open = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._group: list[Mapping[str, object]] = []
        self._path = directory
        self._started = 0.0
        self._rows = self._bytes = self._group_bytes = 0

    def append(self, row: Mapping[str, object]) -> Path | None:
        """Add one row; return the path of the shard if this row completed one."""
        if not self._rows:
            self._started = time.monotonic()
        size = sum(len(value) for value in row.values() if isinstance(value, bytes | str))
        self._group.append(row)
        self._rows += 1
        self._bytes += size
        self._group_bytes += size
        limits = self._limits
        if len(self._group) >= limits.row_group_rows or self._group_bytes >= limits.row_group_bytes:
            self._write_group()
        if self._rows >= limits.rows or self._bytes >= limits.bytes or self.is_due():
            return self.commit()
        return None

    def is_due(self) -> bool:
        """Tell whether rows have waited longer than the limit in seconds."""
        return self._rows > 0 and time.monotonic() - self._started >= self._limits.seconds

    def commit(self) -> Path | None:
        """Publish the rows given so far as a shard; return its path, or None if there were none."""
        if not self._rows:
            return None
        self._write_group()
        path = self._path if self._writer is not None else None
        try:
            with self._open:
                if path:
                    self._before(path)
        finally:
            self._forget()
        return path

    def discard(self) -> None:
        """Drop the rows that no shard holds yet."""
        failure = RuntimeError("discarded")
        self._open.__exit__(type(failure), failure, None)
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.commit()  # after an exception, too: what was fetched so far is worth keeping

    def _write_group(self) -> None:
        if not self._group:
            return
        group, self._group, self._group_bytes = self._group, [], 0
        table = table_of(group, self._schema)  # a row of a wrong type loses its row group, not the shard
        try:
            if self._writer is None:
                self._path = self._directory / f"{self._name}-{stamp()}.parquet"
                self._writer = self._open.enter_context(whole_parquet(self._path, self._schema))
            self._writer.write_table(table)
        except BaseException:
            self._open.__exit__(*sys.exc_info())
            self._forget()
            raise

    def _forget(self) -> None:
        self._open, self._writer = ExitStack(), None
        self._group, self._rows, self._bytes, self._group_bytes = [], 0, 0, 0


def stamp() -> str:
    """Return what tells shards apart: names sort by time, and a random part keeps two processes apart."""
    return f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%f')}-{secrets.token_hex(3)}"


def table_of(rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> pa.Table:
    """Return `rows` as a table; surrogates, which UTF-8 cannot hold, are paired or become U+FFFD."""
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except UnicodeEncodeError:
        return pa.Table.from_pylist([_encodable(row) for row in rows], schema=schema)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, Mapping):
        return {key: _encodable(inner) for key, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list | tuple) else value


def count_rows(paths: Iterable[Path]) -> int:
    """Return how many rows shards have by their footers, those aside that cannot be read."""
    total = 0
    for path in paths:
        with suppress(pa.ArrowException, OSError):
            total += pq.read_metadata(path).num_rows
    return total


def shard_paths(directory: Path, schema: pa.Schema | None = None, pattern: str = "*.parquet") -> list[Path]:
    """Return the shards in `directory`, sorted by name, each checked to be whole by its footer.

    Those that another one there replaces do not count: see `store.replacing.files`.

    Args:
        directory: a folder of shards; one that does not exist has none.
        schema: what each shard must hold, but for what `required` lets it lack; None accepts any.
        pattern: which files count.

    Raises:
        DamagedFile: a file is cut short, is not Parquet, or lacks a column of the schema that it must have.
    """
    paths = sorted(path for path in directory.glob(pattern) if not path.name.startswith("."))
    replaced: set[str] = set()
    for path in paths:
        found = _schema_now(path)
        replaced |= named_in(found)
        for field in required(schema) if schema else ():
            if field.name not in found.names:
                raise DamagedFile(path, f"it has no column {field.name!r}", READABLE)
            if not holds(found.field(field.name).type, field.type):
                has = found.field(field.name).type
                raise DamagedFile(path, f"column {field.name!r} is {has}, not {field.type}", READABLE)
    return [path for path in paths if path.name not in replaced]


def _schema_now(path: Path) -> pa.Schema:
    """Return what `read_schema` does; of a file that has not changed since, what it returned before.

    The footer of a shard of many row groups takes some milliseconds, and pages ask for all of them.
    """
    try:
        status = path.stat()
    except OSError:
        return read_schema(path)  # which says what is wrong
    return _schema_then(path, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(10_000)
def _schema_then(path: Path, *_: int) -> pa.Schema:
    return read_schema(path)


def read_schema(path: Path) -> pa.Schema:
    """Return the Arrow schema of one shard, from its footer.

    Raises:
        DamagedFile: the file is cut short, is not Parquet, or is encrypted.
        UserError: its name cannot be opened.
    """
    if path.exists() and not path.is_file():
        raise DamagedFile(path, NO_FILE)
    reading(path)
    try:
        with pq.ParquetFile(path) as file:
            check_size(path, file.metadata)
            return file.schema.to_arrow_schema()
    except UnicodeEncodeError:
        raise UserError(f"The name of {path} is not UTF-8, which Parquet's readers need. Rename it") from None
    except (pa.ArrowException, OSError) as error:
        if not path.exists():
            read_whole(path)  # it says whether the name is gone, or a link that leads nowhere
        damage = unreadable(path, error)
        if damage.remedy:
            raise damage from error
        size = f"{path.stat().st_size:,} bytes that are not a whole Parquet file"
        raise DamagedFile(path, f"{size} ({damage.reason})") from error


def _leaves(fields: pa.Schema | pa.StructType, prefix: str = "") -> Iterator[tuple[str, pa.DataType]]:
    for field in fields:
        yield from _leaf(prefix + field.name, field.type)


def _leaf(name: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    if pa.types.is_struct(kind):
        yield from _leaves(kind, name + ".")
    elif pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _leaf(name + ".list.element", kind.value_type)
    else:
        yield name, kind
