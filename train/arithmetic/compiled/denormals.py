"""Numbers too small for a whole float32, which x86 processors multiply a hundred times as slowly as others.

A saturated gate makes them in thousands. Taken as zero, they move no loss: the largest is 1.2e-38.
"""

import platform
from typing import Any

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

FLUSHED = 0x9FC0
"""The control register of SSE and AVX as a process starts with it (0x1F80), with FTZ and DAZ set.

Source: Intel's Software Developer's Manual, volume 1, 10.2.3: bit 15 flushes results to zero, bit 6 reads
denormals as zeros.
"""


if numba.config.DISABLE_JIT or platform.machine().lower() not in ("x86_64", "amd64"):

    def exchange(control: int) -> int:
        """Do nothing: there is no such register here, or no compiled code that would meet denormals."""
        return control

else:

    @intrinsic  # type: ignore[untyped-decorator]
    def exchange(_: Any, control: Any) -> Any:
        """Set this thread's control register, and return what it was, both int32."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            integer = ir.IntType(32)
            place = builder.alloca(integer)
            address = builder.bitcast(place, ir.IntType(8).as_pointer())
            kind = ir.FunctionType(ir.VoidType(), [address.type])
            read, write = (
                builder.module.declare_intrinsic(f"llvm.x86.sse.{name}", (), kind)
                for name in ("stmxcsr", "ldmxcsr")
            )
            builder.call(read, [address])
            before = builder.load(place)
            builder.store(builder.trunc(arguments[0], integer), place)
            builder.call(write, [address])
            return builder.zext(before, ir.IntType(64))

        return types.int64(types.int64), generate
