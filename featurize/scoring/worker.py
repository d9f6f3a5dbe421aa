"""`python -m featurize.scoring.worker REFERENCE NAME LIMITS BYTES`: the process that others' scorers run in.

It says first what the scorer scores, `photo` or `text`, then answers each item with its scores or an error,
as JSON. It may hang or die: whoever asks has a time limit, and starts another one.
"""

import inspect
import json
import os
import resource
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from featurize.scoring.answer import scores
from store.errors import UsageError, UserError
from store.photo.decode import decode
from store.photo.options import Limits, PhotoOptions
from store.plugins.find import GUIDE, Plugin, find, told
from store.processes.memory import limit

SETTING = "--python"
KINDS = ("photo", "text")
"""The names that a scorer's first parameter may have: pixels (H, W, 3) uint8 in R, G, B; or a caption."""


def main() -> None:
    """Answer items until there are no more."""
    reference, name, limits, memory = sys.argv[1:]
    limit(int(memory))
    Limits.options = PhotoOptions.model_validate_json(limits)
    items, answers = Connection(0, writable=False), Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # what a scorer prints is no answer
    try:
        scorer, kind = _scorer(find("scorer", reference, SETTING))
    except UserError as error:
        return _send(answers, {"failed": str(error), "status": error.exit_status})
    _send(answers, {"kind": kind})
    try:
        while True:
            _send(answers, _answer(scorer, kind, name, items.recv_bytes()))
    except (EOFError, BrokenPipeError):
        return


def _send(answers: Connection, answer: dict[str, object]) -> None:
    answers.send_bytes(json.dumps(answer, ensure_ascii=False).encode(errors="replace"))


def _scorer(plugin: Plugin) -> tuple[Callable[[Any], object], str]:
    """Return what scores, and what it scores, by its first parameter's name."""
    code = plugin.load("__call__")
    with plugin.blamed("started"):
        if isinstance(code, type):
            code = code()  # a class loads its model once
        first = next(iter(inspect.signature(code).parameters), "")
    if first not in KINDS:
        raise UsageError(
            f"{plugin} takes {first or 'nothing'!r}; name its first parameter photo or text. See {GUIDE}"
        )
    return code, first


def _answer(scorer: Callable[[Any], object], kind: str, name: str, item: bytes) -> dict[str, object]:
    try:
        given: object = np.asarray(decode(item).image) if kind == "photo" else item.decode()
        return {"scores": scores(name, scorer(given))}
    except MemoryError:
        most = resource.getrlimit(resource.RLIMIT_DATA)[0]
        return {"error": f"it took more memory than it may ({most / 1e9:.1f} GB)"}
    except Exception as error:
        return {"error": told(error)}


if __name__ == "__main__":
    main()
