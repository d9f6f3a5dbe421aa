"""The processes that train one model together: one, or several under mpiexec through ChainerMN.

Every process makes the same batches from the same seed, computes the gradients of its share of each batch,
and applies the same sum of all gradients. So all hold the same weights, and no weights are ever sent.
Only the first process writes files.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

from store.errors import UserError

T = TypeVar("T")
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
"""Environment variables by which MPICH and Open MPI tell a process how many there are."""
_FORWARDING = 1.0
"""Seconds that mpiexec has to forward the reason: after an abort it drops what it has not read yet."""


class Processes(Protocol):
    """What training asks of the processes that train together."""

    rank: int
    size: int
    local_rank: int
    """The rank among the processes of this machine: it chooses the GPU."""
    local_size: int
    """The processes of this machine."""

    def abort_all_on_error(self) -> AbstractContextManager[None]:
        """Return a block that ends every process where it fails in one: the others would wait for ever."""

    def sum(self, value: float) -> float:
        """Return the sum of all processes' values."""

    def broadcast(self, value: T) -> T:
        """Return the first process's value, in every process."""

    def sum_gradients(self, model: Any) -> None:
        """Replace each gradient by the sum of all processes' gradients."""

    def tells_apart(self, card: str | None) -> bool:
        """Return whether each process of each machine gives another card, as a launcher shows each its own.

        Args:
            card: what identifies it; None where this process sees several, or none.
        """

    def barrier(self) -> None:
        """Wait until every process is here."""


class SingleProcess:
    """One process: nothing is exchanged."""

    rank, size, local_rank, local_size = 0, 1, 0, 1

    def abort_all_on_error(self) -> AbstractContextManager[None]:
        """Return a block that leaves errors alone."""
        return nullcontext()

    def sum(self, value: float) -> float:
        """Return the value."""
        return value

    def broadcast(self, value: T) -> T:
        """Return the value."""
        return value

    def sum_gradients(self, model: Any) -> None:
        """Leave the gradients as they are."""

    def tells_apart(self, card: str | None) -> bool:
        """Return that it does not: nobody else is there."""
        return False

    def barrier(self) -> None:
        """Return at once."""


class MpiProcesses:
    """The processes that mpiexec started, through a communicator of ChainerMN.

    Args:
        communicator: `naive` on the CPU, `pure_nccl` on GPUs.

    Raises:
        UserError: MPI for Python or, for GPUs, NCCL is missing.
    """

    def __init__(self, communicator: str) -> None:
        chainermn, self._on_gpu = _chainermn(), communicator == "pure_nccl"
        try:
            self._communicator = chainermn.create_communicator(communicator)
        except RuntimeError as error:
            raise UserError(
                f"GPUs cannot exchange gradients ({error}) Install NCCL: make install-gpu"
            ) from error
        self.rank, self.size = int(self._communicator.rank), int(self._communicator.size)
        self.local_rank = int(self._communicator.intra_rank)
        self.local_size = int(self._communicator.intra_size)

    @contextmanager
    def abort_all_on_error(self) -> Iterator[None]:
        """Print the reason and end every process when the block fails in this one."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, UserError | KeyboardInterrupt):
                traceback.print_exc()
            print(f"process {self.rank} of {self.size}: {error}", file=sys.stderr, flush=True)
            time.sleep(_FORWARDING)
            # The others sit in a collective call that this process will never join.
            self._communicator.mpi_comm.Abort(getattr(error, "exit_status", 1))
            raise

    def sum(self, value: float) -> float:
        """Return the sum of all processes' values, the same bits in every process."""
        return float(self._communicator.mpi_comm.allreduce(value))

    def broadcast(self, value: T) -> T:
        """Return the first process's value, in every process."""
        first: T = self._communicator.mpi_comm.bcast(value)
        return first

    def sum_gradients(self, model: Any) -> None:
        """Replace each gradient by the sum of all processes' gradients."""
        if self._on_gpu:
            self._sum_on_gpus([parameter.grad for parameter in model.params(False)], model.xp)
            return
        self._communicator.multi_node_mean_grad(model)
        # ChainerMN offers only the mean; the loss is divided by the whole batch's tokens already.
        for parameter in model.params(False):
            parameter.grad *= self.size

    def _sum_on_gpus(self, gradients: list[Any], cupy: Any) -> None:
        """Replace each float32 gradient by all processes' sum, through NCCL, in one exchange.

        ChainerMN's own kernels, which pack gradients for it, name `half` and no longer compile with CuPy 14.
        """
        self._communicator._init_comms()  # NCCL's part for the current device; it is made once
        nccl = cupy.cuda.nccl
        mine = cupy.concatenate([gradient.ravel() for gradient in gradients])
        total = cupy.empty_like(mine)
        addresses, stream = (mine.data.ptr, total.data.ptr), cupy.cuda.get_current_stream().ptr
        self._communicator.nccl_comm.allReduce(
            *addresses, mine.size, nccl.NCCL_FLOAT32, nccl.NCCL_SUM, stream
        )
        start = 0
        for gradient in gradients:
            gradient[...] = total[start : start + gradient.size].reshape(gradient.shape)
            start += gradient.size

    def tells_apart(self, card: str | None) -> bool:
        """Return whether each process of each machine gives another card; see `Processes`."""
        machine = int(self._communicator.inter_rank)
        given = self._communicator.mpi_comm.allgather((machine, card))
        return len(set(given)) == len(given) and all(card is not None for _, card in given)

    def barrier(self) -> None:
        """Wait until every process is here."""
        self._communicator.mpi_comm.Barrier()


def _chainermn() -> Any:
    import store.chainer_compat  # noqa: F401 - before anything of Chainer

    try:
        import chainermn
        import mpi4py.MPI  # noqa: F401 - chainermn itself only warns where it is missing
    except (ImportError, RuntimeError) as error:
        raise UserError(f"MPI for Python does not work ({error}). Install it: make install-scale") from error
    return chainermn


def open_processes(on_gpu: bool = False) -> Processes:
    """Return the processes that mpiexec started, or this one as the only one.

    Raises:
        UserError: mpiexec started several, but MPI for Python or, for GPUs, NCCL is missing.
    """
    if not any(int(os.environ.get(name, "1")) > 1 for name in _SIZES):
        return SingleProcess()
    return MpiProcesses("pure_nccl" if on_gpu else "naive")
