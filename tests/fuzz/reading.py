"""The process that reads: it is told a target and a number, makes that file, reads it, and says how it went.

    python -m tests.fuzz.reading FOLDER SEED [NAME…]

A line of JSON in, a line of JSON out. What it reads lies in FOLDER/case while it does, so that a process
which dies leaves it behind.
"""

import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from random import Random

from store.errors import UserError
from tests.fuzz.structures import changed
from tests.fuzz.targets import REFUSALS, Target, targets

DATA = 16 * 2**30
"""Bytes that libraries may reserve, most of which they never use. No limit of addresses (RLIMIT_AS): under
one `store.processes.memory` runs a command in another process, where nobody measures it."""
FILES = 2**30
"""Bytes of a file that it may write."""


def case(target: Target, seed: int, number: int) -> bytes:
    """Return the file of a number: always the same one; number 0 is a real file."""
    random = Random(f"{seed} {target.name} {number}")
    content = random.choice(target.files)
    return changed(content, target.form, target.files, random) if number else content


def read(target: Target, content: bytes, random: Random) -> str:
    """Return what went wrong as a target read a file; nothing where nothing did."""
    try:
        target.read(content, random)
    except (UserError, *REFUSALS):
        pass
    except BaseException:  # SystemExit, too: a reader ends no process
        return traceback.format_exc(limit=-12)
    return ""


def main(folder: Path, seed: int, only: Sequence[str]) -> None:
    """Answer until there is nothing more to read."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what commands print goes nowhere
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    found = targets(folder, only)
    for limit, most in ((resource.RLIMIT_DATA, DATA), (resource.RLIMIT_FSIZE, FILES)):
        resource.setrlimit(limit, (most, most))
    print(json.dumps(list(found)), file=told, flush=True)
    for line in sys.stdin:
        name, number = json.loads(line)
        content = case(found[name], seed, number)
        (folder / "case").write_bytes(content)
        _forget_peak()
        before, start = _memory("VmRSS"), _seconds()
        wrong = read(found[name], content, Random(number))
        answer = {"wrong": wrong, "seconds": _seconds() - start, "megabytes": _memory("VmHWM") - before}
        print(json.dumps(answer), file=told, flush=True)


def _seconds() -> float:
    """Return the processor's seconds that this process has used, its children included."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _memory(name: str) -> float:
    """Return a line of /proc/self/status in megabytes. Source: proc(5)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _forget_peak() -> None:
    """Let VmHWM begin anew. Source: proc(5), clear_refs."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
