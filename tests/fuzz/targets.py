"""What reads files of strangers: a target is a reader, with real files of the kind that it reads."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

from commands.main import main
from store.photo.errors import UnusablePhoto
from store.register.kinds import KINDS
from store.text.settings import NotSettings

STATUSES = range(7)
"""Exit statuses of a command that nobody stopped. Source: the table in README.md."""
REFUSALS = (UnusablePhoto, NotSettings)
"""What readers raise, beside a UserError, where their callers make a row or a sentence of it."""


@dataclass(frozen=True)
class Target:
    """A reader.

    Args:
        name: of the kind of file, in the register or in the documents.
        form: its format, as `structures.STRUCTURES` names it.
        files: real ones.
        read: reads one. Whatever it raises beside a UserError and REFUSALS is a finding.
    """

    name: str
    form: str
    files: tuple[bytes, ...]
    read: Callable[[bytes, Random], object]


def run(*arguments: object) -> None:
    """Run a command in this process.

    Raises:
        AssertionError: it ends with a status that README.md does not have.
    """
    try:
        status: object = main([str(argument) for argument in arguments])
    except SystemExit as error:  # so `verify` ends
        status = error.code
    assert status in STATUSES, f"bokeru {arguments[0]} ended with {status}"


def targets(folder: Path, only: Collection[str] = ()) -> dict[str, Target]:
    """Return targets by their names, with what they need in `folder`.

    Args:
        only: patterns of the names of those that are asked for; by default all are.
    """
    from tests.fuzz.doors import doors
    from tests.fuzz.kinds import kinds

    def is_asked_for(name: str) -> bool:
        return not only or any(fnmatchcase(name, pattern) for pattern in only)

    found = [*doors(folder / "doors")]
    if any(is_asked_for(kind.path) for kind in KINDS):
        found += kinds(folder / "pipeline")  # which takes some time to make
    return {target.name: target for target in found if is_asked_for(target.name)}
