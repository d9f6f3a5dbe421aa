"""What a user can act on. The command line prints these in one or two lines, without a traceback."""

from pathlib import Path


class UserError(Exception):
    """A failure that the user can act on: its message gives value, limit, reason and next step."""

    exit_status = 1


class UsageError(UserError):
    """The command, the settings or the address were wrong: nothing was started."""

    exit_status = 2


class MissingStage(UserError):
    """A stage was asked to run before the stage whose output it reads.

    Args:
        directory: what was looked for and not found.
        command: the command that makes it.
    """

    def __init__(self, directory: Path, command: str) -> None:
        super().__init__(f"{directory} is not there yet. Make it with: {command}")
        self.directory, self.command = directory, command


class DamagedFile(UserError):
    """A file that should be whole is not.

    Args:
        path: the file.
        reason: what is wrong with it.
        remedy: what the user does about it; by default, deleting it and running its stage again.
    """

    def __init__(self, path: Path, reason: str, remedy: str | None = None) -> None:
        remedy = remedy or "Delete it and run its stage again: only what it held is made anew."
        super().__init__(f"{path} is damaged: {reason}. {remedy}")
