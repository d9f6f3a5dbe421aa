"""`python -m store.processes.follow FD MODULE ARGUMENT…`: runs a module that ends when its parent does.

FD is one end of a pipe; the parent alone holds the other. Whatever ends the parent closes it, and that shows
here also to who looks only later: so no moment is too early for its end. A parent that ends by a signal
writes its number first, so that what is recorded here names the signal that came. This end is watched before
the module is imported, which may take seconds.
"""

import os
import runpy
import signal
import sys
import threading
import time

from store.processes.interruption import WIND_DOWN_SECONDS, received


def _follow(pipe: int) -> None:
    """Wait until the parent has gone; then end by its signal or SIGTERM, at once if that takes too long."""
    number = signal.Signals(int.from_bytes(os.read(pipe, 1)) or signal.SIGTERM)
    if signal.getsignal(number) is signal.SIG_IGN:
        number = signal.SIGTERM
    if not received():  # a second signal would end the wind-down of the first
        os.kill(os.getpid(), number)
    time.sleep(WIND_DOWN_SECONDS)
    os._exit(128 + number)


def main() -> None:
    """Run the module as if it were started by itself."""
    pipe, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_follow, args=(pipe,), daemon=True).start()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the module has its own handler: no traceback
    sys.argv[1:3] = []
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
