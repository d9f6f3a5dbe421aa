"""The device that training runs on: the CPU, or a GPU through CuPy."""

import re
from typing import Any

from store.chainer_compat import chainer, gpu_problem
from store.errors import UsageError


def device(name: str, number: int = 0) -> Any:
    """Return Chainer's device for a setting.

    Args:
        name: `cpu`, `cuda:N`, or `auto`: the GPU where there is one.
        number: the GPU that `auto` takes: each process of a machine has its own.

    Raises:
        UsageError: there is no such device, or the GPU cannot be used; the message says why.
    """
    if name == "cpu" or (name == "auto" and gpu_problem() is not None):
        return chainer.get_device("@numpy")
    wanted = re.fullmatch(r"cuda:(\d+)", f"cuda:{number}" if name == "auto" else name)
    if wanted is None:
        raise UsageError(f"train.device is {name!r}. Write cpu, cuda:0 (or another number), or auto.")
    if (problem := gpu_problem()) is not None:
        raise UsageError(f"train.device is {name}, but {problem}. Or write cpu.")
    return chainer.get_device(f"@cupy:{wanted[1]}")


def on_gpu(device: Any) -> bool:
    """Return whether a device of Chainer is a GPU."""
    return device.xp is not chainer.get_device("@numpy").xp
