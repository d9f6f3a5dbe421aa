"""Ends as its argument's name says: what `run_apart` has to tell."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from store.answers.answer import give, is_due
from store.errors import DamagedFile
from store.processes.reading import reading


def end(folder: Path) -> None:
    reading(folder / "a much longer name than the next.parquet")
    reading(folder / "b.parquet")
    endings: dict[str, Callable[[], object]] = {
        "aborts": aborts,
        "faults": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "is terminated": lambda: os.kill(os.getpid(), signal.SIGTERM),
        "never ends": lambda: time.sleep(600),
        "takes memory": lambda: bytearray(2**32),
        "fails": lambda: fails(folder),
        "ends well": lambda: print("seen"),
        "answers": answers,
    }
    endings[folder.name]()


def aborts() -> None:
    os.write(2, b"terminate called after throwing an instance of 'X'\n  what():  no key\n")
    os.abort()


def answers() -> None:
    print(f"due: {is_due()}")
    give(["seen"], list[str])


def fails(folder: Path) -> None:
    print("an example", file=sys.stdout)
    raise DamagedFile(folder / "c.parquet", "cut short")
