"""The exit status and the line that each ending of a command has, as the table in README.md has them."""

import errno
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from store.errors import TooLittleRoom, UserError, is_full
from store.logs import printable
from store.processes import streams
from store.processes.interruption import STOPPED, Interrupted, install, received
from store.processes.memory import OUT_OF_MEMORY

REFUSED = (
    *(errno.EACCES, errno.EROFS, errno.EPERM),
    *(errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO),
)
"""The errors of a disk that refuses a name, whatever the program does."""


class _Ending(NamedTuple):
    """How a command ended; where that is not well, with the reason."""

    status: int = 0
    message: str = ""


def exit_status(action: Callable[[], object], failed: Callable[[str, int], None] | None = None) -> int:
    """Run the work of a command; return its exit status, having said why where that is not 0.

    Signals wind it down; what is no fault of the user's or the machine's is raised. Who reads our output may
    stop whenever he has seen enough.

    Args:
        failed: is told the message and the status of an end that is not well, once it was said.
    """
    streams.replace_closed()
    streams.take_any_text()
    install()
    try:
        ending = _end(action)
        if ending.status:
            # Where nobody reads the message any more, the status still says it.
            with suppress(BrokenPipeError):
                print(f"bokeru: {printable(ending.message)}", file=sys.stderr)
            if failed:
                failed(ending.message, ending.status)
        return ending.status
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return 0  # so rich ends a program whose output is a closed pipe
        raise
    except BrokenPipeError:
        if streams.is_unread():
            return 0
        raise
    finally:
        streams.flush()


def _end(action: Callable[[], object]) -> _Ending:
    try:
        action()
    except UserError as error:
        # What fails once a signal came, fails because of it: a process that it ended, too, say.
        return _interrupted(stop) if (stop := received()) else _Ending(error.exit_status, str(error))
    except KeyboardInterrupt as error:
        known = error if isinstance(error, Interrupted) else received()
        return _interrupted(known or Interrupted(signal.SIGINT))
    except BrokenPipeError:
        raise
    except OSError as error:
        return _disk(error)
    except MemoryError:
        return _Ending(1, OUT_OF_MEMORY)
    except RuntimeError:
        # DuckDB and other libraries in C turn what a signal's handler raises into errors of their own.
        if stop := received():
            return _interrupted(stop)
        raise
    return _Ending()


def _disk(error: OSError) -> _Ending:
    """Say what to do about a disk that is full or refuses; anything else is a mistake here, and is raised."""
    if is_full(error):
        place = f" on the disk of {error.filename}" if error.filename else ""
        return _Ending(
            TooLittleRoom.exit_status,
            f"no space left{place}. Nothing that was whole is lost: free some space, then run it again.",
        )
    if error.errno in REFUSED:
        name = error.filename2 or error.filename  # of a rename, the name that the file should get
        return _Ending(1, f"{name} cannot be written or read: {error.strerror}. Choose another: --data DIR")
    raise error


def _interrupted(stop: Interrupted) -> _Ending:
    return _Ending(stop.exit_status, STOPPED.format(stop))
