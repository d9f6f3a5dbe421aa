"""What people say of a pipeline's runs: names, notes, tags, and which one is pinned. It lies in runs.json.

Runs themselves do not change by it: what they are called is no part of what they are.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from store.errors import DamagedFile, UsageError
from store.place import Place
from store.processes.lock import locked
from store.whole_file import read_object, write_json

FILE, LOCK = "runs.json", ".runs.lock"
LONGEST = 60
"""Characters of a name or a tag."""


@dataclass(frozen=True)
class Said:
    """What is said of one run."""

    name: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """What is said of a pipeline's runs.

    Args:
        runs: by the name of a run's folder.
        pinned: the folder of the run that speaks for the pipeline.
    """

    runs: Mapping[str, Said] = field(default_factory=dict)
    pinned: str | None = None

    @staticmethod
    def load(directory: Path) -> "Names":
        """Read the runs.json of a pipeline's folder; without one nothing is said.

        Raises:
            DamagedFile: it is not what `save` writes.
        """
        path = directory / FILE
        try:
            content = read_object(path)
            runs = {name: _said(said) for name, said in content.get("runs", {}).items()}
        except FileNotFoundError:
            return Names()
        except (AttributeError, TypeError) as error:
            raise DamagedFile(path, f"it does not say what runs are called ({error})") from error
        pinned = content.get("pinned")
        return Names(runs, pinned if isinstance(pinned, str) else None)

    def save(self, directory: Path) -> None:
        """Write runs.json; nothing is written of runs of which nothing is said."""
        said = {name: _plain(each) for name, each in self.runs.items() if each != Said()}
        write_json(directory / FILE, {"pinned": self.pinned, "runs": said})

    def of(self, run: Path) -> Said:
        """Return what is said of a run."""
        return self.runs.get(run.name, Said())

    def saying(self, run: Path, **changes: Any) -> "Names":
        """Return the same with something else said of a run: `name`, `note` or `tags`."""
        return replace(self, runs={**self.runs, run.name: replace(self.of(run), **changes)})

    def without(self, run: Path) -> "Names":
        """Return the same without a run that is to go."""
        runs = {name: said for name, said in self.runs.items() if name != run.name}
        return Names(runs, None if self.pinned == run.name else self.pinned)


@contextmanager
def changing(place: Place) -> Iterator[Path]:
    """Hold the lock on runs.json while the block reads and writes it; yield the folder that it lies in."""
    with locked(place.directory / LOCK, f"is changing {place.directory / FILE}"):
        yield place.directory


def word(text: str, what: str) -> str:
    """Return a name or a tag without blanks around it.

    Raises:
        UsageError: it is empty, long, begins as an option does, or would end a line or a path.
    """
    text = text.strip()
    if not re.fullmatch(rf"[^\s/\\-][^/\\\x00-\x1f\x7f]{{0,{LONGEST - 1}}}", text):
        rule = f"1 to {LONGEST} characters, none of them / or \\ or a line break, and no - in front"
        raise UsageError(f"{text!r} cannot be {what} of a run. Take {rule}")
    return text


def _said(content: Mapping[str, Any]) -> Said:
    return Said(content.get("name"), content.get("note"), tuple(content.get("tags", ())))


def _plain(said: Said) -> dict[str, Any]:
    return {name: value for name, value in vars(said).items() if value}
