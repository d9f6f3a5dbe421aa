"""What a stage's directory holds: columns, nulls, sizes, a few rows, scores, and what cannot be read.

Photo bytes and vectors are described from the files' footers and never read.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset.describe.table_facts import Column, table_facts
from store.errors import DamagedFile, UserError, first_by_status, with_status
from store.processes.reading import reading
from store.register.stages import Stage, Table, find
from store.warc.read import DamagedArchive, read_records
from store.whole_file import NO_FILE, read_json, read_object

_FEW = 4
"""So many counts of a JSON file are told one by one."""
WIDTH = 60
"""Characters of a value that is told of a JSON file, at most; twice as many are told of all of it."""
_MARKS = (b"PAR1", b"PARE")
"""What a Parquet file begins with, the second if its footer is encrypted."""
_TOLD = 5
"""Files that cannot be read that are told one by one."""


@dataclass(frozen=True)
class InspectedColumn:
    """A column of a table.

    Args:
        name: as in the first file.
        type: its Arrow type there.
        nulls: how many; None where they were not counted.
        stored: its bytes on the disk; None where they are not known.
        examples: its first values, in brief.
    """

    name: str
    type: str
    nulls: int | None
    stored: int | None
    examples: list[str]


@dataclass(frozen=True)
class InspectedTable:
    """A table.

    Args:
        name: of the table.
        pattern: its files, as DuckDB takes them.
        files: how many there are.
        readable: how many of them could be read; the rest is of these.
        rows: in all of them.
        row_groups: in all of them.
        bytes: on the disk.
        columns: in the order of the first file.
    """

    name: str
    pattern: str
    files: int
    readable: int
    rows: int
    row_groups: int
    bytes: int
    columns: list[InspectedColumn]


@dataclass(frozen=True)
class InspectedFile:
    """A file that is no table.

    Args:
        name: relative to the directory.
        bytes: on the disk.
        gist: what it holds in a line, or why it cannot be read; empty where there is nothing to tell.
    """

    name: str
    bytes: int
    gist: str


@dataclass(frozen=True)
class InspectedPart:
    """A stage's directory, or the one file that was named.

    Args:
        stage: None where it is one file.
        directory: the stage's, or the file's.
        tables: those that the stage may have, with files or without.
        files: its other files.
        scores: how the scores of a dataset lie, by their names.
    """

    stage: str | None
    directory: Path
    tables: list[InspectedTable]
    files: list[InspectedFile]
    scores: dict[str, Any]


@dataclass(frozen=True)
class Inspection:
    """What is at a path.

    Args:
        path: a stage's directory, a folder of stages, one Parquet or WARC file.
        parts: the stages there, or the file.
        problems: what cannot be read.
    """

    path: Path
    parts: list[InspectedPart]
    problems: list[str]


def parts(path: Path, troubles: list[UserError]) -> Iterator[InspectedPart]:
    """Yield what is at `path`, one stage after the other; add what cannot be read to `troubles`.

    Raises:
        UserError: nothing is there that a stage wrote.
    """
    if path.is_file():
        yield _file(path, troubles)
        return
    for stage in find(path):
        within = ""
        if not stage.directory.is_relative_to(
            path
        ):  # a folder of a stage, such as crawl/pages: what lies in it
            within = f"{path.relative_to(stage.directory).as_posix()}/"
        asked = [table for table in stage.tables() if table.pattern.startswith(within)]
        tables = [_table(table, str(stage.directory / table.pattern), troubles) for table in asked]
        files = list(_files(stage, within))
        scores = _scores(stage.directory / "statistics.json") if stage.name == "dataset" else {}
        yield InspectedPart(stage.name, stage.directory, tables, files, scores)


def inspection(path: Path, troubles: list[UserError]) -> Inspection:
    """Return all of what is at `path`; add what cannot be read to `troubles`.

    Raises:
        UserError: as `parts`.
    """
    found = list(parts(path, troubles))
    return Inspection(path, found, list(map(str, troubles)))


def one_of(troubles: list[UserError]) -> UserError | None:
    """Return the error that tells of all that cannot be read; None where all can."""
    first = first_by_status(troubles)
    if first is None or len(troubles) == 1:
        return first
    more = [f"and {len(troubles) - _TOLD:,} more"] if len(troubles) > _TOLD else []
    return with_status("\n".join([*map(str, troubles[:_TOLD]), *more]), first.exit_status)


def _file(path: Path, troubles: list[UserError]) -> InspectedPart:
    if path.name.endswith(".warc.gz"):
        found = InspectedFile(path.name, path.stat().st_size, _archived(path))
        return InspectedPart(None, path.parent, [], [found], {})
    with path.open("rb") as file:
        if file.read(4) not in _MARKS and path.suffix != ".parquet":
            raise UserError(f"{path} is not a Parquet file. Name one, or a stage's directory")
    table = _table(Table(path.name, (path,), None, path.name), str(path), troubles)
    return InspectedPart(None, path.parent, [table], [], {})


def _table(table: Table, pattern: str, troubles: list[UserError]) -> InspectedTable:
    facts = table_facts(table.paths)
    troubles += facts.troubles
    columns = [_column(each) for each in facts.columns]
    counts = (len(table.paths), facts.files, facts.rows, facts.groups, facts.bytes)
    return InspectedTable(table.name, pattern, *counts, columns)


def _column(column: Column) -> InspectedColumn:
    return InspectedColumn(column.name, str(column.kind), column.nulls, column.stored, column.examples)


def _files(stage: Stage, within: str) -> Iterator[InspectedFile]:
    for path in sorted(path for kind, path in stage.files() if kind.format != "parquet"):
        name = path.relative_to(stage.directory).as_posix()
        if not name.startswith(within):
            continue
        reading(path)
        yield InspectedFile(name, path.lstat().st_size, _gist(path))  # a link may lead nowhere


def _scores(path: Path) -> dict[str, Any]:
    """Return how the scores lie, as a dataset's statistics have it; those of earlier versions have none."""
    try:
        scores = read_object(path).get("scores")
    except (OSError, DamagedFile):  # `verify` says what
        return {}
    return scores if isinstance(scores, dict) else {}


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
    counts = ", ".join(counted(number, kind) for kind, number in kinds.most_common() if kind != "warcinfo")
    return f"{counts}, {min(dates)} to {max(dates)}" if counts else "no records"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 row", "2 rows"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


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
    values = (f"{key} {_brief(value)}" for key, value in content.items())
    return ", ".join(value for value in values if len(value) < WIDTH)[: 2 * WIDTH]


def _brief(value: object) -> str:
    """Return a value of a JSON file: counts by name as they are, of what holds more how many there are."""
    if isinstance(value, dict) and 0 < len(value) <= _FEW and all(isinstance(v, int) for v in value.values()):
        return f"({', '.join(f'{name} {count}' for name, count in value.items())})"
    if isinstance(value, list | dict):
        return f"({len(value):,} {'entry' if len(value) == 1 else 'entries'})"
    return str(value)
