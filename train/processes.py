"""The processes that train one model together: one alone, or several under mpiexec through ChainerMN.

Every process draws the same batches from the same seed, computes its share of each batch's captions, and
applies the same sum of everyone's gradients; so all hold the same weights, and no weights are ever sent.
Only the first process writes files.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

from store.errors import UserError

T = TypeVar("T")
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
"""What MPICH and Open MPI tell their processes by."""


class Processes(Protocol):
    """What training asks of the processes beside it."""

    rank: int
    size: int
    place: int
    """Which of its machine's processes this is: the GPU that it takes."""

    def all_or_none(self) -> AbstractContextManager[None]:
        """Return a block that, where it fails in one process, ends all of them: none waits for the dead."""

    def total(self, value: float) -> float:
        """Return the sum of everyone's value."""

    def of_first(self, value: T) -> T:
        """Return the first process's value, to everyone."""

    def add_gradients(self, model: Any) -> None:
        """Replace each gradient by the sum of everyone's."""

    def meet(self) -> None:
        """Wait until everyone is here."""


class Alone:
    """One process: nothing is exchanged."""

    rank, size, place = 0, 1, 0

    def all_or_none(self) -> AbstractContextManager[None]:
        """Return a block that does nothing about failures."""
        return nullcontext()

    def total(self, value: float) -> float:
        """Return the value."""
        return value

    def of_first(self, value: T) -> T:
        """Return the value."""
        return value

    def add_gradients(self, model: Any) -> None:
        """Leave the gradients as they are."""

    def meet(self) -> None:
        """Wait for nobody."""


class Together:
    """The processes that mpiexec started, through a communicator of ChainerMN.

    Args:
        communicator: `naive` on the CPU, `pure_nccl` on GPUs.
    """

    def __init__(self, communicator: str) -> None:
        chainermn = _chainermn()
        self._communicator = chainermn.create_communicator(communicator)
        self.rank, self.size = int(self._communicator.rank), int(self._communicator.size)
        self.place = int(self._communicator.intra_rank)

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """End every process when the block fails in this one, having said why."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, UserError):
                traceback.print_exc()
            print(f"process {self.rank} of {self.size}: {error}", file=sys.stderr, flush=True)
            self._communicator.mpi_comm.Abort(1)
            raise

    def total(self, value: float) -> float:
        """Return the sum of everyone's value, the same bits for everyone."""
        return float(self._communicator.mpi_comm.allreduce(value))

    def of_first(self, value: T) -> T:
        """Return the first process's value, to everyone."""
        first: T = self._communicator.mpi_comm.bcast(value)
        return first

    def add_gradients(self, model: Any) -> None:
        """Replace each gradient by the sum of everyone's; ChainerMN makes the mean, so times the number."""
        self._communicator.multi_node_mean_grad(model)
        for parameter in model.params(False):
            parameter.grad *= self.size

    def meet(self) -> None:
        """Wait until everyone is here."""
        self._communicator.mpi_comm.Barrier()


def _chainermn() -> Any:
    import store.chainer_compat  # noqa: F401 - before anything of Chainer

    try:
        import chainermn
        import mpi4py.MPI  # noqa: F401 - chainermn itself only warns where it is missing
    except (ImportError, RuntimeError) as error:
        raise UserError(f"MPI for Python does not work ({error}). Install it: make install-scale") from error
    return chainermn


def processes(on_gpu: bool = False) -> Processes:
    """Return the processes that mpiexec started, or this one alone.

    Raises:
        UserError: mpiexec started several, but MPI for Python is not installed.
    """
    if not any(int(os.environ.get(name, "1")) > 1 for name in _SIZES):
        return Alone()
    return Together("pure_nccl" if on_gpu else "naive")
