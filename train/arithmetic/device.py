"""The device that computes: the CPU, or a GPU through CuPy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from store.chainer_compat import chainer, gpu_problem
from store.errors import UsageError, UserError

WORTHWHILE = 8e9
"""Floating-point operations of an update from which `auto` takes a GPU. Two cores need 40 ms for so many in
the compiled arithmetic. For a GPU Chainer's calls alone take 27 to 32 ms, however little is computed."""
TOKENS = 12
"""Target tokens of a caption, about, where no caption has been read yet."""


def operations(captions: int, vocabulary: int, hidden: int) -> float:
    """Return the floating-point operations of an update, about: those of the output layer's products."""
    # 2 operations a multiply-add, for the forward product and the two of the backward pass.
    return 6.0 * captions * TOKENS * vocabulary * hidden


def device(name: str, work: float, number: int = 0, sharing: int = 1) -> Any:
    """Return Chainer's device for a setting.

    Args:
        name: `cpu`, `cuda:N`, or `auto`: the GPU where there is one and the work is worth it.
        work: the floating-point operations of an update, see `operations`.
        number: the GPU that `auto` takes: each process of a machine has its own.
        sharing: the processes of this machine that train together.

    Raises:
        UsageError: there is no such device, the GPU cannot be used, or several processes would share it; the
            message says why.
    """
    if name == "cpu" or (name == "auto" and (work < WORTHWHILE or gpu_problem() is not None)):
        return chainer.get_device("@numpy")
    wanted = re.fullmatch(r"cuda:(\d+)", f"cuda:{number}" if name == "auto" else name)
    if wanted is None:
        raise UsageError(f"train.device is {name!r}. Write cpu, cuda:0 (or another number), or auto.")
    if (problem := gpu_problem()) is not None:
        raise UsageError(f"train.device is {name}, but {problem}. Or write cpu.")
    count, processes = chainer.cuda.cupy.cuda.runtime.getDeviceCount(), f"{sharing} processes of this machine"
    if int(wanted[1]) >= count:
        why = f"{processes} need one each" if name == "auto" else "numbers start at 0"
        raise UsageError(f"train.device is {name}, but there are {count} GPUs, and {why}.")
    if name != "auto" and sharing > 1:
        raise UsageError(f"train.device is {name}, which {processes} would share. Write auto: one GPU each.")
    return chainer.get_device(f"@cupy:{wanted[1]}")


def device_if_there(name: str, work: float) -> Any:
    """Return Chainer's device for a setting, or the CPU where its GPU cannot be used.

    For a model that was trained elsewhere: it writes on the CPU what it writes on a GPU. See `device`.
    """
    return device("cpu" if gpu_problem() is not None else name, work)


def only_card() -> str | None:
    """Return what identifies the GPU that this process sees, where it sees one alone; else None."""
    if gpu_problem() is not None:
        return None
    runtime = chainer.cuda.cupy.cuda.runtime
    if runtime.getDeviceCount() != 1:
        return None
    # Parts of one card (MIG) lie at one place of the bus; each has a UUID of its own.
    unique: bytes = runtime.getDeviceProperties(0).get("uuid", b"")
    return f"{runtime.deviceGetPCIBusId(0)} {unique.hex()}"


@contextmanager
def full_memory_told(device: Any) -> Iterator[None]:
    """Say what to do where the memory of a GPU is full, while the block runs.

    Raises:
        UserError: it is.
    """
    try:
        yield
    except (
        Exception
    ) as error:  # CuPy's error is a MemoryError; those of cuBLAS and CUDA have no class of their own
        if not on_gpu(device) or not (isinstance(error, MemoryError) or _FULL.search(str(error))):
            raise
        said = " ".join(str(error).split()).rstrip(".")
        raise UserError(
            f"the memory of the GPU {device.device.id} is full: {said}. Set a smaller train.batch_size or "
            f"train.hidden, or write train.device: cpu. The last snapshot stays"
        ) from None


_FULL = re.compile("cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED")


def on_gpu(device: Any) -> bool:
    """Return whether a device of Chainer is a GPU."""
    return device.xp is not chainer.get_device("@numpy").xp
