"""Show what a stage's directory holds, in a terminal: columns, nulls, sizes, a few rows, how to open it.

Photo bytes and vectors are described from the files' footers and never read.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from store.errors import DamagedFile, UserError
from store.register.stages import Stage, Table, find
from store.shard_reader import Shard
from store.shards import read_schema
from store.warc.read import DamagedArchive, read_records
from store.whole_file import read_json

EXAMPLES = 3
WIDTH = 60
HEAVY = (pa.types.is_binary, pa.types.is_fixed_size_list)


def inspect(path: Path, console: Console | None = None) -> None:
    """Print what is at `path`: a stage's directory, a folder of stages, one Parquet or WARC file.

    Raises:
        UserError: nothing is there that a stage wrote.
        DamagedFile: a shard is cut short.
    """
    console = console or Console()
    if path.is_file():
        if path.name.endswith(".warc.gz"):
            return console.print(f"{escape(str(path))}: {escape(_archived(path))}", soft_wrap=True)
        if path.suffix != ".parquet":
            raise UserError(f"{path} is not a Parquet file. Name one, or a stage's directory")
        return _show_table(Table(path.name, (path,), None, path.name), str(path), console)
    for stage in find(path):
        console.rule(f"[bold]{stage.name}[/bold]  {escape(str(stage.directory))}")
        for table in stage.tables():
            if table.paths:
                _show_table(table, str(stage.directory / table.pattern), console)
            else:
                console.print(f"{table.name}: no shards")
        _show_files(stage, console)


def _show_table(table: Table, pattern: str, console: Console) -> None:
    columns = read_schema(table.paths[0])
    footers = [(read_schema(path), pq.read_metadata(path))[1] for path in table.paths]
    rows = sum(footer.num_rows for footer in footers)
    groups = sum(footer.num_row_groups for footer in footers)
    size = sum(path.stat().st_size for path in table.paths)
    sizes, nulls = _sizes(footers), _nulls(table, columns)
    shape = f"{_count(rows, 'row')} in {_count(groups, 'row group')}, {_count(len(footers), 'shard')}"
    console.print(f"[bold]{escape(table.name)}[/bold]: {shape}, {_bytes(size)}")
    grid = Grid(box=None, pad_edge=False, expand=True)
    for title, width in (("column", 17), ("type", 20), ("nulls", 7), ("stored", 8), ("examples", None)):
        grid.add_column(title, no_wrap=True, overflow="ellipsis", width=width, ratio=None if width else 1)
    examples = _examples(table.paths[0], columns)
    for field in columns:
        null = nulls.get(field.name)
        shown = "?" if null is None else f"{null:,}"
        example = escape(" | ".join(_brief(row.get(field.name)) for row in examples if field.name in row))
        grid.add_row(field.name, _type(field.type), shown, _bytes(sizes[field.name]), example)
    console.print(grid)
    console.print(f"open: duckdb -c \"FROM '{escape(pattern)}' LIMIT 10\"\n", soft_wrap=True)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _sizes(footers: list[pq.FileMetaData]) -> Counter[str]:
    """Return the bytes that each top-level column takes on disk."""
    sizes: Counter[str] = Counter()
    for footer in footers:
        for group in range(footer.num_row_groups):
            for leaf in range(footer.num_columns):
                chunk = footer.row_group(group).column(leaf)
                sizes[chunk.path_in_schema.split(".")[0]] += chunk.total_compressed_size
    return sizes


def _nulls(table: Table, columns: pa.Schema) -> Mapping[str, int]:
    """Return the nulls of each column that is light enough to read."""
    light = [field.name for field in columns if not _is_heavy(field.type)]
    nulls: Counter[str] = Counter(dict.fromkeys(light, 0))
    for path in table.paths:
        with Shard(path) as shard:
            for batch in shard.iter_batches(
                columns=[name for name in light if name in shard.schema_arrow.names]
            ):
                nulls.update({name: batch[name].null_count for name in batch.schema.names})
    return nulls


def _examples(path: Path, columns: pa.Schema) -> list[dict[str, object]]:
    light = [field.name for field in columns if not _is_heavy(field.type)]
    with Shard(path) as shard:
        batch = next(shard.iter_batches(batch_size=EXAMPLES, columns=light), None)
    rows: list[dict[str, object]] = [] if batch is None else batch.to_pylist()
    return rows[:EXAMPLES]


def _is_heavy(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_is_heavy(field.type) for field in kind)
    return any(check(kind) for check in HEAVY)


def _brief(value: object) -> str:
    if isinstance(value, list):
        text = f"[{len(value)}] " + (_brief(value[0]) if value else "")
    elif isinstance(value, dict):
        text = "  ".join(_brief(part) for part in value.values() if isinstance(part, str | int))
    else:
        text = "–" if value is None else str(value)
    text = text.replace("\n", "⏎")
    return text if len(text) <= WIDTH // EXAMPLES else text[: WIDTH // EXAMPLES - 1] + "…"


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
        name = path.relative_to(stage.directory).as_posix()
        size = _bytes(path.lstat().st_size)  # a link may lead nowhere
        console.print(f"{escape(name)}  {size}  {escape(_gist(path))}", soft_wrap=True)
    console.print()


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
    if path.name.endswith(".warc.gz"):
        return _archived(path)
    if path.suffix != ".json":
        return ""
    try:
        content = read_json(path)
    except (DamagedFile, OSError) as error:
        return str(error)
    if isinstance(content, list):
        return f"{len(content):,} entries"
    if not isinstance(content, dict):
        return ""
    parts = (f"{k}: {len(v):,}" if isinstance(v, list | dict) else f"{k} {v}" for k, v in content.items())
    return ", ".join(part for part in parts if len(part) < WIDTH)[: 2 * WIDTH]
