"""Ends a process, so to speak, between any two changes of what lies on the disk."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar
from unittest.mock import patch

T = TypeVar("T")

CHANGES = ("replace", "rename", "unlink", "rmdir")
"""The functions of `os` that give a name to a file or take it away: our writers use no other."""


class Killed(BaseException):
    """Stands for SIGKILL."""


@contextmanager
def killed_before(step: int) -> Iterator[None]:
    """While the block runs, only the first `step` changes of names happen; no clean-up comes after that."""
    done = 0

    def counted(change: Callable[..., None]) -> Callable[..., None]:
        def changing(*arguments: object, **options: object) -> None:
            nonlocal done
            if done >= step:
                raise Killed
            done += 1
            change(*arguments, **options)

        return changing

    with ExitStack() as patched, suppress(Killed):
        for name in CHANGES:
            patched.enter_context(patch.object(os, name, counted(getattr(os, name))))
        yield


def kills(prepare: Callable[[], T], work: Callable[[T], object]) -> Iterator[T]:
    """Do `work` on what `prepare` returns, killed before its first change of a name, its second, and so on.

    What each kill leaves is yielded, last what the work leaves that came to its end.
    """
    step, is_done = 0, False
    while not is_done:
        prepared = prepare()
        with killed_before(step):
            work(prepared)
            is_done = True
        yield prepared
        step += 1
