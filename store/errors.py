"""What a user can act on. The command line prints these in one or two lines, without a traceback.

Each error knows the exit status that the command ends with: a supervisor decides by it whether to try again.
"""

import errno
from collections.abc import Iterable
from pathlib import Path

PRECEDENCE = (2, 3, 4, 5, 6, 1)
"""Where two errors hold, the command ends with the status that comes first here."""


class UserError(Exception):
    """A failure that the user can act on: its message gives value, limit, reason and next step."""

    exit_status = 1


class UsageError(UserError):
    """The command, the settings or the address were wrong: nothing was started."""

    exit_status = 2


class TooLittleRoom(UserError):
    """The disk is nearly full, or full: what is whole stays, and the same command goes on with more room."""

    exit_status = 3


class SiteRefuses(UserError):
    """The site does not want to be crawled: by robots.txt, by an opt-out, or by its answers."""

    exit_status = 4


class Unexpected(UserError):
    """What came is not what was expected: markup that has changed, a file that is damaged."""

    exit_status = 5


class TimeIsOver(UserError):
    """The time that the user gave is over, and work is left: the same command goes on with it."""

    exit_status = 6


class MissingStage(UserError):
    """A stage was asked to run before the stage whose output it reads.

    Args:
        directory: what was looked for and not found.
        command: the command that makes it.
    """

    def __init__(self, directory: Path, command: str) -> None:
        super().__init__(f"{directory} is not there yet. Make it with: {command}")
        self.directory, self.command = directory, command


class StaleInput(UserError):
    """What a stage would read was made with other settings than it was given, or from less than there is."""


class DamagedFile(Unexpected):
    """A file that should be whole is not.

    Args:
        path: the file.
        reason: what is wrong with it, without a full stop.
        remedy: what the user does about it; by default, deleting it and running its stage again.
    """

    def __init__(self, path: Path, reason: str, remedy: str | None = None) -> None:
        self.reason, self.remedy = reason, remedy
        remedy = remedy or "Delete it and run its stage again: only what it held is made anew."
        super().__init__(f"{path} is damaged: {reason}. {remedy}")
        self.path = path


def first_by_status(errors: Iterable[UserError]) -> UserError | None:
    """Return the error whose exit status counts where several hold; of equal ones, the first."""
    return min(errors, key=lambda error: PRECEDENCE.index(error.exit_status), default=None)


def with_status(message: str, status: int) -> UserError:
    """Return the error that another process reported as a message and an exit status."""
    kinds = (UsageError, TooLittleRoom, SiteRefuses, Unexpected, TimeIsOver)
    kind = next((kind for kind in kinds if kind.exit_status == status), UserError)
    return kind(message)


def is_full(error: OSError) -> bool:
    """Tell whether an error says that the disk, or a quota on it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
