"""Show what a stage's directory holds, in a terminal: columns, nulls, sizes, a few rows, how to open it.

Photo bytes and vectors are described from the files' footers and never read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from dataset.describe.table_facts import Column, table_facts
from dataset.scores.figures import told
from store.errors import DamagedFile, UserError, first_by_status, with_status
from store.logs import printable
from store.processes.reading import reading
from store.register.stages import Stage, Table, find
from store.warc.read import DamagedArchive, read_records
from store.whole_file import NO_FILE, read_json, read_object

WIDTH = 60
MEMORY = 10**9
"""Bytes that it may use, in a process of its own."""
SECONDS = 60.0
"""What one file may take there."""
_MARKS = (b"PAR1", b"PARE")
"""What a Parquet file begins with, the second if its footer is encrypted."""
_TOLD = 5
"""Files that cannot be read that are told one by one."""


def inspect(path: Path, console: Console | None = None) -> None:
    """Print what is at `path`: a stage's directory, a folder of stages, one Parquet or WARC file.

    Raises:
        UserError: nothing is there that a stage wrote.
        DamagedFile: a shard cannot be read; what can is shown all the same.
    """
    troubles = list(_show(path, console or Console()))
    if len(troubles) == 1:
        raise troubles[0]
    if first := first_by_status(troubles):
        more = [f"and {len(troubles) - _TOLD:,} more"] if len(troubles) > _TOLD else []
        raise with_status("\n".join([*map(str, troubles[:_TOLD]), *more]), first.exit_status)


def _show(path: Path, console: Console) -> Iterator[UserError]:
    """Print what is at `path`; yield what cannot be read."""
    if path.is_file():
        yield from _show_file(path, console)
        return
    for stage in find(path):
        console.rule(f"[bold]{stage.name}[/bold]  {_safe(stage.directory)}")
        for table in stage.tables():
            if table.paths:
                yield from _show_table(table, str(stage.directory / table.pattern), console)
            else:
                console.print(f"{table.name}: no shards")
        _show_files(stage, console)
        if stage.name == "dataset":
            _show_scores(stage.directory / "statistics.json", console)


def _show_file(path: Path, console: Console) -> list[UserError]:
    if path.name.endswith(".warc.gz"):
        console.print(f"{_safe(path)}: {_safe(_archived(path))}", soft_wrap=True)
        return []
    with path.open("rb") as file:
        if file.read(4) not in _MARKS and path.suffix != ".parquet":
            raise UserError(f"{path} is not a Parquet file. Name one, or a stage's directory")
    return _show_table(Table(path.name, (path,), None, path.name), str(path), console)


def _show_table(table: Table, pattern: str, console: Console) -> list[UserError]:
    """Print a table's figures; return what of it could not be read."""
    facts = table_facts(table.paths)
    if facts.files:
        shape = f"{_count(facts.rows, 'row')} in {_count(facts.groups, 'row group')}"
        size = f"{_count(facts.files, 'shard')}, {_bytes(facts.bytes)}"
        console.print(f"[bold]{_safe(table.name)}[/bold]: {shape}, {size}")
        console.print(_grid(facts.columns))
        console.print(f"open: duckdb -c \"FROM '{_safe(pattern)}' LIMIT 10\"\n", soft_wrap=True)
    return facts.troubles


def _grid(columns: Sequence[Column]) -> Grid:
    grid = Grid(box=None, pad_edge=False, expand=True)
    for title, width in (("column", 17), ("type", 20), ("nulls", 7), ("stored", 8), ("examples", None)):
        grid.add_column(title, no_wrap=True, overflow="ellipsis", width=width, ratio=None if width else 1)
    for column in columns:
        nulls = "?" if column.nulls is None else f"{column.nulls:,}"
        stored = "?" if column.stored is None else _bytes(column.stored)
        examples = _safe(" | ".join(column.examples))
        grid.add_row(_safe(column.name), _safe(_type(column.kind)), nulls, stored, examples)
    return grid


def _safe(text: object) -> str:
    """Return a text without what would move a cursor or be taken for markup: a file may hold any."""
    return escape(printable(str(text)))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _type(kind: pa.DataType) -> str:
    text = str(kind).replace("element: ", "").replace("item: ", "")
    return text if len(text) <= 34 else text[:33] + "…"


def _bytes(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _show_files(stage: Stage, console: Console) -> None:
    """List the files that are not tables, and what each JSON file holds in one line."""
    for path in sorted(path for kind, path in stage.files() if kind.format != "parquet"):
        reading(path)
        name = path.relative_to(stage.directory).as_posix()
        size = _bytes(path.lstat().st_size)  # a link may lead nowhere
        console.print(f"{_safe(name)}  {size}  {_safe(_gist(path))}", soft_wrap=True)
    console.print()


def _show_scores(path: Path, console: Console) -> None:
    """Print how the scores lie, as a dataset's statistics have it; those of earlier versions have none."""
    try:
        lines = list(told(read_object(path)["scores"]))
    except (OSError, DamagedFile, AttributeError, KeyError, TypeError, ValueError):  # `verify` says what
        return
    for line in lines:
        console.print(f"score {_safe(line)}", soft_wrap=True)


def _archived(path: Path) -> str:
    """Return what a WARC file holds: how many records of each kind, and from when to when."""
    kinds: Counter[str] = Counter()
    dates: set[str] = set()
    try:
        for record in read_records(path, ()):
            kinds[record.kind] += 1
            dates.add(record.fields.get("warc-date", "")[:19])
    except (DamagedArchive, OSError) as error:
        return str(error)
    counts = ", ".join(_count(number, kind) for kind, number in kinds.most_common() if kind != "warcinfo")
    return f"{counts}, {min(dates)} to {max(dates)}" if counts else "no records"


def _gist(path: Path) -> str:
    if path.exists() and not path.is_file():
        return NO_FILE
    if path.name.endswith(".warc.gz"):
        return _archived(path)
    if path.suffix != ".json":
        return ""
    try:
        content = read_json(path)
    except (DamagedFile, OSError) as error:
        return str(error)
    except MemoryError:
        return "too large to be looked at"
    if isinstance(content, list):
        return f"{len(content):,} entries"
    if not isinstance(content, dict):
        return ""
    parts = (f"{k}: {len(v):,}" if isinstance(v, list | dict) else f"{k} {v}" for k, v in content.items())
    return ", ".join(part for part in parts if len(part) < WIDTH)[: 2 * WIDTH]
