"""The state that a stage is in: a plain value, and what a stage's files tell of it by themselves."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from store.lineage.difference import Difference
from store.register.kinds import StageName
from store.register.stages import Stage

State = Literal["up to date", "stale", "partial", "missing", "damaged"]
"""`stale`: made from other settings or inputs than these; `partial`: begun, or some of it is not there."""


@dataclass(frozen=True)
class StageStatus:
    """A stage of a pipeline as it lies on disk, beside what the settings want.

    Args:
        name: crawl, dataset, features, train or evaluate.
        directory: where it lies, or would lie.
        figures: rows by table, or how many runs there are.
        differ: the settings and inputs that made it and are not the pipeline's.
        reasons: why it is not up to date, a sentence each, without a full stop.
        bytes: what it takes on disk.
        command: brings it up to date; None where it is.
    """

    name: str
    state: State
    directory: Path
    figures: Mapping[str, int] = field(default_factory=dict)
    differ: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    bytes: int = 0
    command: str | None = None

    def but(self, state: State, command: str | None, *reasons: str) -> "StageStatus":
        """Return the same in another state, with what brings it up to date, and why it is not."""
        return replace(self, state=state, command=command, reasons=reasons or self.reasons)


def of_tables(name: str, stage: StageName, directory: Path, tables: tuple[str, ...]) -> StageStatus:
    """Return the rows of a stage's tables by their footers; up to date where all of them are whole."""
    figures: dict[str, int] = {}
    paths = [(table, path) for table in tables for path in Stage(stage, directory).table(table).paths]
    found = StageStatus(name, "up to date", directory, figures, bytes=size_of(directory))
    for table, path in paths:
        try:
            figures[table] = figures.get(table, 0) + int(pq.read_metadata(path).num_rows)
        except (pa.ArrowException, OSError) as error:
            return found.but("damaged", None, f"{path} cannot be read ({str(error).splitlines()[0]})")
    return found if figures else found.but("missing", None)


def size_of(directory: Path) -> int:
    """Return the bytes of all files below a folder; 0 where there is none."""
    total = 0
    for path in directory.rglob("*"):
        with suppress(OSError):  # gone meanwhile
            total += 0 if path.is_dir() else path.lstat().st_size
    return total
