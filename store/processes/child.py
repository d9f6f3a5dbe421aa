"""Child processes that run our modules: how they are started, and what to say of how they ended."""

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder that holds our top-level packages."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules in a new interpreter.

    `-P` keeps the working folder off the module path: it may hold a dataset.py or a train.py of the user's.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return the environment for such a command: our folder is first on the module path."""
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def ending(status: int, errors: str = "") -> str:
    """Return how a child process ended, in words that follow its name.

    Args:
        status: its return code, as `subprocess` gives it: negative where a signal ended it.
        errors: what it wrote to standard error, if that was kept.
    """
    if status == -signal.SIGKILL:
        return "was killed (SIGKILL), as the system does where memory is short"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"ended with status {status}" + (f" ({last})" if last else "")
