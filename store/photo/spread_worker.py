"""`python -m store.photo.spread_worker LIMITS MODULE FUNCTION`: a process of `spread`.

It is sent how many photos come, then each of them; it answers them all at once, as a JSON list. A photo may
end it: whoever asks sends the others to another one.
"""

import importlib
import json
import os
import sys
from multiprocessing.connection import Connection

from store.photo.options import Limits, PhotoOptions


def main() -> None:
    """Answer photos until there are no more."""
    limits, module, function = sys.argv[1:]
    Limits.options = PhotoOptions.model_validate_json(limits)
    photos, answers = Connection(0, writable=False), Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # what a library prints is no answer
    compute = getattr(importlib.import_module(module), function)
    try:
        while True:
            contents = [photos.recv_bytes() for _ in range(int(photos.recv_bytes()))]
            answers.send_bytes(json.dumps([compute(content) for content in contents]).encode())
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
