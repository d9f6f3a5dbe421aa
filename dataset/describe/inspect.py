"""Shows what a stage's directory holds, in a terminal or as JSON, and how to open it."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from dataset.describe.inspection import (
    InspectedColumn,
    InspectedPart,
    InspectedTable,
    Inspection,
    counted,
    inspection,
    one_of,
    parts,
)
from dataset.scores.figures import told
from store.answers.answer import give, is_due
from store.errors import UserError
from store.logs import printable
from store.place import interpreter

MEMORY = 10**9
"""Bytes that it may use, in a process of its own."""
SECONDS = 60.0
"""What one file may take there."""


def inspect(path: Path, console: Console | None = None) -> None:
    """Print what is at `path`: a stage's directory, a folder of stages, one Parquet or WARC file.

    Raises:
        UserError: nothing is there that a stage wrote.
        DamagedFile: a shard cannot be read; what can is shown all the same.
    """
    troubles: list[UserError] = []
    if is_due():
        give(inspection(path, troubles), Inspection)
    else:
        for part in parts(path, troubles):
            _show(part, console or Console())
    if trouble := one_of(troubles):
        raise trouble


def _show(part: InspectedPart, console: Console) -> None:
    if part.stage:
        console.rule(f"[bold]{part.stage}[/bold]  {_safe(part.directory)}")
    for table in part.tables:
        if table.readable:
            _show_table(table, console)
        elif not table.files:
            console.print(f"{table.name}: no shards")
    for file in part.files:
        size = _bytes(file.bytes)
        console.print(f"{_safe(file.name)}  {size}  {_safe(file.gist)}", soft_wrap=True)
    if part.stage:
        console.print()
    _show_scores(part, console)


def _show_table(table: InspectedTable, console: Console) -> None:
    shape = f"{counted(table.rows, 'row')} in {counted(table.row_groups, 'row group')}"
    size = f"{counted(table.readable, 'shard')}, {_bytes(table.bytes)}"
    console.print(f"[bold]{_safe(table.name)}[/bold]: {shape}, {size}")
    console.print(_grid(table.columns))
    console.print(f"open: {_safe(_opening(table.pattern))}\n", soft_wrap=True)


def _opening(pattern: str) -> str:
    """Return a command line that shows rows: by the library, since few machines have DuckDB's program."""
    name = json.dumps(pattern, ensure_ascii=False)
    return shlex.join([interpreter(), "-c", f"import duckdb; duckdb.read_parquet({name}).limit(10).show()"])


def _grid(columns: Sequence[InspectedColumn]) -> Grid:
    grid = Grid(box=None, pad_edge=False, expand=True)
    for title, width in (("column", 17), ("type", 20), ("nulls", 7), ("stored", 8), ("examples", None)):
        grid.add_column(title, no_wrap=True, overflow="ellipsis", width=width, ratio=None if width else 1)
    for column in columns:
        nulls = "?" if column.nulls is None else f"{column.nulls:,}"
        stored = "?" if column.stored is None else _bytes(column.stored)
        examples = _safe(" | ".join(column.examples))
        grid.add_row(_safe(column.name), _safe(_type(column.type)), nulls, stored, examples)
    return grid


def _show_scores(part: InspectedPart, console: Console) -> None:
    try:
        lines = list(told(part.scores))
    except (AttributeError, KeyError, TypeError, ValueError):  # `verify` says what is wrong with them
        return
    for line in lines:
        console.print(f"score {_safe(line)}", soft_wrap=True)


def _safe(text: object) -> str:
    """Return a text without what would move a cursor or be taken for markup: a file may hold any."""
    return escape(printable(str(text)))


def _type(kind: str) -> str:
    text = kind.replace("element: ", "").replace("item: ", "")
    return text if len(text) <= 34 else text[:33] + "…"


def _bytes(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
