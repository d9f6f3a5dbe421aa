"""Removes what killed writers left in a pipeline's folder: it may hold the content, too."""

import re
from pathlib import Path

from store.register.kinds import KINDS
from store.replacing.directory import locked
from store.whole_file import TEMPORARY, remove_leftovers

_REPLACEMENT = re.compile(r"\.(.+)\.(?:new-[0-9a-f]+|old)")


def remove(pipeline: Path) -> None:
    """Delete temporary files below data/<pipeline>, and finish replacements of folders that were cut short.

    Raises:
        UserError: another process is writing there.
    """
    for path in sorted(pipeline.rglob(".*")):
        if path.is_dir() and (match := _REPLACEMENT.fullmatch(path.name)):
            with locked(path.with_name(match[1])):  # it brings the old folder back if no new one is whole
                pass
        elif path.name.startswith(TEMPORARY) and path.is_file():
            path.unlink(missing_ok=True)
    remove_leftovers(pipeline.parent)
    for kind in KINDS:
        if kind.format == "temporary" and kind.content and kind.stage == "crawl":
            for path in (pipeline / "crawl").glob(kind.name):
                path.unlink(missing_ok=True)
