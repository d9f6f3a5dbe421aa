"""Which importer reads a data set of others: one of ours, or one of other people's code."""

from pathlib import Path
from typing import Any, Protocol

from dataset.importers import any_table, bokekan, oogiri_go
from dataset.importers.tables import ImportReport
from store.errors import UserError
from store.plugins.find import Plugin, find
from store.processes.room import Room
from store.register.sources import Source, note_reader

OURS = {"bokekan": bokekan.read, "oogiri-go": oogiri_go.read, "table": any_table.read}


class Read(Protocol):
    """What an importer's `read` is: ours are functions of modules here, others belong to any object."""

    def __call__(self, source: Path, directory: Path, room: Room | None = None) -> ImportReport:
        """Import what lies at `source` into the crawl's tables in `directory`, by `ImportWriter`."""
        ...


def choose(name: str) -> Read:
    """Return the `read` of an importer.

    Raises:
        UsageError: there is none of this name.
        UserError: its code fails as it is imported.
    """
    if name in OURS:
        return OURS[name]
    return _Outside(find("importer", name, "import", [*OURS, "warc"]))


class _Outside:
    """An importer of others, which is named where it fails; what it wrote whole before stays."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._importer: Any = plugin.load("SOURCE", "read")
        if not isinstance(self._importer.SOURCE, Source):
            given = type(self._importer.SOURCE).__name__
            raise UserError(f"{plugin} has a SOURCE of {given}, which is no store.register.sources.Source")

    def __call__(self, source: Path, directory: Path, room: Room | None = None) -> ImportReport:
        with self._plugin.blamed(f"read {source}"):
            report = self._importer.read(source, directory, room)
        if not isinstance(report, ImportReport):
            given = f"{type(report).__name__}, which is no dataset.importers.tables.ImportReport"
            raise UserError(f"{self._plugin} returned {given}")
        note_reader(directory, self._importer.SOURCE.name, self._plugin.version)
        return report
