"""A forget that has not ended: what it looks for, so that the next one finds the rest and none says too early
that all is gone.

The file holds what is to be forgotten itself, as some copies are found by nothing else; it goes when the last
copy has gone. From then on there are only digests, in the forget list and the receipt.
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import DamagedFile, UsageError
from store.forget.content import Content, Request
from store.place import FORGETTING as NAME
from store.whole_file import read_whole, write_whole

REMEDY = "Delete it, and forget again what you had asked for."
Seen = dict[str, tuple[int, int]]
"""The bytes and the time of change (ns) of files, by their names from the data folder."""


class Unfinished(BaseModel):
    """What a forget was asked for, what belongs to it, and how the files were when it began."""

    model_config = ConfigDict(extra="forbid")
    started_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    salt: str = Field(default_factory=lambda: secrets.token_hex(16))
    asked: list[Request] = []
    near: bool = False
    content: Content = Field(default_factory=Content)
    near_copies: list[str] = []
    unseen: int = 0
    before: Seen = {}

    @classmethod
    def load(cls, pipeline: Path) -> "Unfinished | None":
        """Return what is unfinished in the directory data/<pipeline>; None if nothing is.

        Raises:
            DamagedFile: nobody can say what it looked for.
        """
        path = pipeline / NAME
        try:
            return cls.model_validate_json(read_whole(path, REMEDY))
        except FileNotFoundError:
            return None
        except (ValidationError, UsageError) as error:  # of a request that is none
            reason = f"not what a forget keeps ({str(error).splitlines()[0]})"
            raise DamagedFile(path, reason, REMEDY) from None

    def save(self, pipeline: Path) -> None:
        """Keep it in the pipeline's directory."""
        write_whole(pipeline / NAME, self.model_dump_json(indent=1) + "\n")

    def ask(self, request: Request, *, near: bool = False) -> None:
        """Add something to forget; `near`: with the near copies of its photos."""
        self.near = self.near or near
        if request not in self.asked:
            self.asked.append(request)


def end(pipeline: Path) -> None:
    """All is gone: nothing is kept of what was looked for."""
    (pipeline / NAME).unlink(missing_ok=True)


def seen(paths: Iterable[Path], data: Path) -> Seen:
    """Return how files are now; of a link that leads nowhere, how that is."""
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):  # it has gone since it was found
            state = path.stat() if path.exists() else path.lstat()
            found[told(path.relative_to(data))] = (state.st_size, state.st_mtime_ns)
    return found


def told(path: Path) -> str:
    """Return a path as UTF-8 can hold it: a name may be in any encoding, such as Shift_JIS."""
    return os.fsencode(path).decode(errors="backslashreplace")
