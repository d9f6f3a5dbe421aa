"""What `bokeru inspect` says of a stage, without captions that `web.hide` keeps out of sight."""

from dataclasses import replace
from pathlib import Path

from dataset.describe.inspection import InspectedPart, Inspection, inspection
from web.options import HideOptions


def inspected(directory: Path, hide: HideOptions) -> Inspection:
    """Return what is in a stage's directory; where captions are hidden, no column has examples: each of them
    may show one."""
    found = inspection(directory, [])
    return replace(found, parts=list(map(_bare, found.parts))) if hide.words or hide.categories else found


def _bare(part: InspectedPart) -> InspectedPart:
    tables = [
        replace(table, columns=[replace(column, examples=[]) for column in table.columns])
        for table in part.tables
    ]
    return replace(part, tables=tables)
