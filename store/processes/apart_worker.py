"""`python -m store.processes.apart_worker NOTE ERRORS BYTES FORM MODULE FUNCTION PATH …` is its child.

NOTE and ERRORS are open files: the note of what is being read, and the standard error of who asked. What
libraries in C++ write to file 2 as they die stays off the terminal: who asked says it in a line. FORM is json
where an answer is due (`store.answers.answer`), else text.
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from store.answers.answer import answering, fail
from store.errors import UserError
from store.logs import start_log
from store.processes.ending import exit_status
from store.processes.interruption import received
from store.processes.memory import limit
from store.processes.reading import Note, noted_in


def main() -> None:
    """Run the module's function within the limits, and end with its exit status."""
    note, errors, memory, form, module, function, path, *words = sys.argv[1:]
    Note.descriptor = int(note)
    sys.stderr = open(int(errors), "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
    limit(int(memory))
    start_log(0)
    action = getattr(importlib.import_module(module), function)

    def work() -> None:
        with answering(as_json=form == "json"):
            _run(lambda: action(Path(path), *words), int(note))

    sys.exit(exit_status(work, fail))


def _run(action: Callable[[], object], note: int) -> None:
    try:
        action()
    except MemoryError:
        raise UserError(f"{noted_in(note) or 'it'} takes more memory than there is for it") from None
    except (KeyboardInterrupt, RuntimeError):  # libraries in C turn the one into the other
        if not (stop := received()):
            raise
        os._exit(stop.exit_status)  # who asked has said so


if __name__ == "__main__":
    main()
