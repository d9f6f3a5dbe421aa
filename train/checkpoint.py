"""Snapshots: all that a killed run needs to continue exactly where a snapshot was taken.

On a GPU the rest of the run has the same batches and draws, but not the same bits: sums have no fixed order.
"""

import json
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from store.chainer_compat import chainer
from store.errors import DamagedFile
from store.whole_file import write_whole
from train.arithmetic.reference.optimizer import moments
from train.artifact import read_tensors
from train.history import History
from train.updater import Updater

log = logging.getLogger(__name__)
KEPT = 2
"""Snapshots that stay: where the newest is damaged, the run resumes from the one before."""
BEST = "best.safetensors"
_STATE = {"iteration": int, "epoch": int, "position": int, "totals": dict, "records": list, "spent": dict}
"""What the state of every snapshot holds, beside the fingerprint."""
_NO_STATE = (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError)
"""What reading the state raises where there is none, or another one."""


@dataclass
class Checkpoint:
    """Save and restore a run's state in `directory`.

    A snapshot is one safetensors file: the model's tensors, Adam's two moments of each, and as metadata
    the updater's position and the log's records. Batches, samples and dropout follow from the position.

    Args:
        fingerprint: of the run's settings and inputs; a snapshot of another run is refused.
        seconds: a snapshot within an epoch is taken when the last one is older than this.
    """

    directory: Path
    fingerprint: str
    updater: Updater
    history: History
    seconds: float = 60.0

    def __post_init__(self) -> None:
        self._last = time.monotonic()
        self._earlier = {"seconds": 0.0, "cpu_seconds": 0.0}
        self._started = time.monotonic(), time.process_time()

    def spent(self) -> dict[str, float]:
        """Return the run's seconds so far, wall and CPU; a killed attempt counts up to its last snapshot."""
        # Monotonic: a clock that the system sets back must not make a run shorter.
        clocks = time.monotonic(), time.process_time()
        now = (clock - start for clock, start in zip(clocks, self._started, strict=True))
        return {
            name: round(self._earlier[name] + value, 1)
            for name, value in zip(self._earlier, now, strict=True)
        }

    def is_due(self) -> bool:
        """Return whether the last snapshot is older than the limit."""
        return time.monotonic() - self._last >= self.seconds

    def save(self) -> None:
        """Write a snapshot, and delete all but the newest few."""
        updater = self.updater
        updater.fetch_losses()  # `totals` must hold every update that `iteration` counts
        state = {
            "fingerprint": self.fingerprint,
            "iteration": updater.iteration,
            "epoch": updater.epoch,
            "position": updater.position,
            "totals": updater.totals,
            "records": self.history.records,
            "speeds": self.history.speeds,
            "spent": self.spent(),
        }
        content = safetensors.numpy.save(self._tensors(), metadata={"state": json.dumps(state)})
        write_whole(self.directory / f"{updater.iteration:09d}.safetensors", content)
        for old in self._paths()[:-KEPT]:
            old.unlink()
        self._last = time.monotonic()

    def save_best(self) -> None:
        """Keep the model as it is now as the best so far."""
        write_whole(self.directory / BEST, safetensors.numpy.save(self.updater.model.tensors()))

    def restore_best(self) -> None:
        """Give the model the tensors that `save_best` kept."""
        model = self.updater.model
        tensors = read_tensors(self.directory / BEST, dict(model.sizes.shapes()))
        for name, parameter in model.namedparams():
            parameter.array[...] = model.xp.asarray(tensors[name.lstrip("/")])

    def restore(self) -> bool:
        """Restore the newest snapshot that is whole; return whether there was one.

        Raises:
            DamagedFile: there are some, but the newest is no snapshot, cut short or another run's, and so
                are those before it.
        """
        failure: DamagedFile | None = None
        for path in reversed(self._paths()):
            try:
                self._restore(path)
            except DamagedFile as error:
                failure = failure or error
            else:
                if failure:
                    log.warning("%s Training goes on from the one before, %s", failure, path.name)
                return True
        if failure:
            raise failure
        return False

    def _restore(self, path: Path) -> None:
        state = self._state(path)
        model = self.updater.model
        # All tensors are checked and read before the first one is assigned: a damaged file changes nothing.
        shapes = {name: value.shape for name, value in self._tensors().items()}
        tensors = read_tensors(path, shapes)
        for name, parameter in model.namedparams():
            parameter.array[...] = model.xp.asarray(tensors[name.lstrip("/")])
            for moment, values in zip("mv", moments(parameter), strict=True):
                values[...] = model.xp.asarray(tensors[f"adam.{moment}{name}"])
            parameter.update_rule.t = state["iteration"]  # Adam's bias correction depends on it
        updater = self.updater
        updater.get_optimizer("main").t = state["iteration"]
        updater.iteration, updater.epoch, updater.position = (
            state[name] for name in ("iteration", "epoch", "position")
        )
        # Earlier versions did not add up all of them: where it was not, that of the epoch is not known.
        updater.totals = dict.fromkeys(updater.totals, math.nan) | state["totals"]
        self.history.records[:] = state["records"]
        self.history.speeds[:] = state.get("speeds", [])
        self._earlier = state["spent"]

    def _state(self, path: Path) -> dict[str, Any]:
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                state = json.loads((file.metadata() or {})["state"])
            if state["fingerprint"] != self.fingerprint:
                raise DamagedFile(path, "it is the snapshot of a run with other settings or data")
            for name, kind in _STATE.items():
                if type(state[name]) is not kind:
                    raise ValueError(f"{name} is no {kind.__name__}")
            if state["spent"].keys() != self._earlier.keys():
                raise ValueError("spent has other clocks")
        except _NO_STATE as error:
            raise DamagedFile(path, f"it is not a snapshot ({error})") from error
        found: dict[str, Any] = state
        return found

    def _tensors(self) -> dict[str, Any]:
        model = self.updater.model
        tensors = model.tensors()
        for name, parameter in model.namedparams():
            for moment, values in zip("mv", moments(parameter), strict=True):
                tensors[f"adam.{moment}{name}"] = np.ascontiguousarray(chainer.cuda.to_cpu(values))
        return tensors

    def _paths(self) -> list[Path]:
        return sorted(self.directory.glob("[0-9]*.safetensors"))
