"""Which files of votes there are: a list beside them, so that one that vanishes as a whole is found.

It is kept as a stage's manifest is, and a kill is never damage: a whole file that the list does not name is
new, and one that is to go, or to be written again, leaves the list first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from store.errors import DamagedFile
from store.processes.lock import locked
from store.register.sealed import Sealed
from store.whole_file import read_json, write_whole

LIST, LOCK = "list.json", ".lock"
_REMEDY = "Put it back, or delete it: when the contest is opened to vote, what is there is listed anew"


class VoteList(Sealed):
    """What the list holds.

    Args:
        files: the digest of each file's votes, by its name.
    """

    format: int = 1
    files: dict[str, str]


def load(directory: Path) -> dict[str, str] | None:
    """Return the digest of each file's votes, by its name; None where there is no list.

    Args:
        directory: the folder of the files.

    Raises:
        DamagedFile: it is not what was written.
    """
    path = directory / LIST
    try:
        return VoteList.model_validate(read_json(path, _REMEDY)).opened(path, _REMEDY).files
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise DamagedFile(path, f"it lists no files of votes: {error.errors()[0]['msg']}", _REMEDY) from None


@contextmanager
def editing(directory: Path) -> Iterator[dict[str, str]]:
    """Yield what the list holds; write it if the block changed it, or there was none.

    Raises:
        DamagedFile: it is not what was written.
        OSError: the disk is full, say; then it is as it was.
    """
    with locked(directory / LOCK, f"is listing {directory}"):
        before = load(directory)
        files = dict(before or {})
        yield files
        if files != before:
            write_whole(directory / LIST, VoteList(files=files).sealed())
