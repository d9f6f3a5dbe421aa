"""Where the threads of one compiled function wait for each other."""

import ctypes
import threading
import time
from typing import Any

import numba
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from train.arithmetic.compiled.jit import compiled
from train.model import Array

SPINS = 20_000
"""Looks at the counter before the processor is offered to others: some 20 us, longer than most waits take."""


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


@compiled()
def meet(counter: Array, threads: int) -> None:
    """Wait until every thread is here.

    What any thread wrote before is seen by all afterwards.

    Args:
        counter: (1,) int64, shared; 0 when the threads start.
    """
    all_here = (_add_one(counter) // threads + 1) * threads
    looks = 0
    while _read(counter) < all_here:
        looks += 1
        if looks > SPINS:  # a thread that is not running must get a processor
            _give_way()
