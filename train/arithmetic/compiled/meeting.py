"""Where the threads of one compiled function wait for each other, and between two such functions."""

import ctypes
import threading
import time
from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from store.processes.cores import cores
from train.arithmetic.compiled.jit import compiled
from train.model import Array

LOOKS = 0 if numba.config.DISABLE_JIT else 10_000_000
"""Looks at a counter, some 5 ms, before a thread that waits gives way to others. Most waits take
microseconds. On a busy machine a thread that gives way is back milliseconds later, and all wait for it."""
ARRIVED, ABANDONED, CALLS, PATIENCE = 0, 1, 2, 3
"""What a counter holds: arrivals at meetings, threads that will not come, functions begun; and how often a
thread looks before it gives way."""


def new_counter(threads: int) -> Array:
    """Return what the threads of a function count with, (4,) int64."""
    # Where there are more threads than cores, one that waits keeps another from coming.
    return np.array([0, 0, 0, LOOKS if threads <= cores() else 0])


if numba.config.DISABLE_JIT:
    _lock = threading.Lock()

    def _add_one(counter: Array) -> Any:
        with _lock:
            counter[0] += 1
            return counter[0] - 1

    def _read(counter: Array) -> Any:
        return counter[0]

    def _give_way() -> Any:
        time.sleep(0)

else:
    binding.add_symbol("bokeru_yield", ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value)
    _give_way = types.ExternalFunction("bokeru_yield", types.int32())

    def _address(context: Any, builder: Any, counter_type: Any, counter: Any) -> Any:
        return cgutils.create_struct_proxy(counter_type)(context, builder, counter).data

    @intrinsic  # type: ignore[untyped-decorator]
    def _add_one(_: Any, counter: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = _address(context, builder, signature.args[0], arguments[0])
            return builder.atomic_rmw("add", place, ir.Constant(ir.IntType(64), 1), "seq_cst")

        return types.int64(counter), generate

    @intrinsic  # type: ignore[untyped-decorator]
    def _read(_: Any, counter: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = _address(context, builder, signature.args[0], arguments[0])
            return builder.load_atomic(place, "seq_cst", 8)

        return types.int64(counter), generate


@compiled(inner=True)
def begin(thread: int, counter: Array) -> None:
    """Begin a function that all threads run; it has to `end`.

    Args:
        thread: counted from 0.
        counter: shared, see `new_counter`.
    """
    if thread == 0:
        _add_one(counter[CALLS:])


@compiled()
def meet(counter: Array, threads: int) -> bool:
    """Wait until every thread is here; return whether all came, or one of them has failed.

    What any thread wrote before is seen by all afterwards.

    Args:
        counter: as of `begin`.
    """
    all_here = (_add_one(counter[ARRIVED:]) // threads + 1) * threads
    looks = 0
    while _read(counter[ARRIVED:]) < all_here:
        if _read(counter[ABANDONED:]):
            return False
        looks += 1
        if looks > counter[PATIENCE]:  # a thread that is not running must get a processor
            _give_way()
    return True


@compiled(inner=True)
def end(thread: int, threads: int, counter: Array) -> None:
    """Wait until every thread has done all; others than the first stay a little for what comes next.

    The first one needs Python now, which only one of them can have. By the time it begins the next function,
    it has left Python, and the others find it free.
    """
    calls = _read(counter[CALLS:])
    if not meet(counter, threads) or thread == 0:
        return
    looks = 0
    while _read(counter[CALLS:]) == calls and looks < counter[PATIENCE]:
        looks += 1
