"""The features stage on a Ray cluster: batches go out to workers, rows come back to the one writer.

Workers need this package, and nothing else: photos and weights travel through Ray's object store. The
process that started the stage reads photos and writes the cache, so whatever becomes of a worker, a row is
written once. A worker that dies is replaced by Ray, and its batch is computed again.
"""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from featurize.encoder import Encoder, Photos, Row, open_encoder
from featurize.options import FeatureOptions
from featurize.weights import identity, locate
from store.errors import UserError
from store.whole_file import write_whole

RETRIES = 4
"""How often a batch is tried again after its worker died; then the batch itself is to blame."""
AHEAD = 2
"""Batches sent ahead for each worker, so that none waits for the next."""
SHIPPED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bokeru" / "weights"
"""Where a worker's machine keeps the weights that were sent to it."""


@dataclass
class Lane:
    """Workers of one kind: what Ray calls them, what runs on them, and the batches they have."""

    kind: str
    resources: dict[str, float]
    options: FeatureOptions
    workers: int
    tasks: dict[Any, Photos] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Tell whether the lane has all the batches that it should have under way."""
        return len(self.tasks) >= AHEAD * self.workers


@contextmanager
def ray_engine(options: FeatureOptions, weights: Path) -> Iterator["RayEngine"]:
    """Yield an engine on the cluster at `options.ray.address`, or on one started here and stopped at the end.

    Raises:
        UserError: Ray is not installed, there is no cluster at the address, or its workers cannot compute.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise UserError("features.engine is ray, which is not installed: make install-scale") from error
    local = options.ray.address is None
    settings = {"num_cpus": options.ray.cpus, "include_dashboard": False} if local else {}
    address = options.ray.address or "local"
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, logging_level="error", **settings)
    except (OSError, RuntimeError, ValueError) as error:
        told = f"no Ray cluster answers at {options.ray.address!r} ({' '.join(str(error).split())[:200]})"
        token = "if it is there and asks for a token, set RAY_AUTH_MODE=token here too"
        raise UserError(f"{told}. Start one with: ray start --head; {token}") from error
    try:
        yield RayEngine(options, weights)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError if nothing listens at a host and port: Ray itself would try for many minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


class RayEngine:
    """The workers of a Ray cluster; see `Engine`."""

    def __init__(self, options: FeatureOptions, weights: Path) -> None:
        import ray

        self._ray = ray
        self._name, self._file = _ship(ray, options, weights)
        self._lanes = _lanes(options, ray.cluster_resources())
        self._compute = ray.remote(compute)
        about = ray.remote(describe).options(max_retries=RETRIES, **self._lanes[0].resources)
        told, self.dimensions = self._get(about.remote(self._lanes[0].options, self._name, self._file), [])
        count = " + ".join(f"{lane.workers} {lane.kind}" for lane in self._lanes)
        self.told = f"Ray, {count} workers, {told}"

    def rows(self, batches: Iterable[Photos]) -> Iterator[list[Row]]:
        """Yield the rows of each batch, as they are done; `AHEAD` batches a worker are under way."""
        for batch in batches:
            while all(lane.is_full for lane in self._lanes):
                yield self._next()
            self._send(next(lane for lane in self._lanes if not lane.is_full), batch)
        while any(lane.tasks for lane in self._lanes):
            yield self._next()

    def _send(self, lane: Lane, batch: Photos) -> None:
        task = self._compute.options(max_retries=RETRIES, **lane.resources)
        lane.tasks[task.remote(lane.options, self._name, self._file, batch)] = batch

    def _next(self) -> list[Row]:
        """Wait for any batch, and return its rows."""
        waiting = [task for lane in self._lanes for task in lane.tasks]
        (done, *_), _ = self._ray.wait(waiting, num_returns=1)
        lane = next(lane for lane in self._lanes if done in lane.tasks)
        rows: list[Row] = self._get(done, lane.tasks.pop(done))
        return rows

    def _get(self, task: Any, batch: Photos) -> Any:
        try:
            return self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, UserError) else error from None
        except self._ray.exceptions.WorkerCrashedError as error:
            first = f", on the batch that starts with photo {batch[0][0]}" if batch else ""
            raise UserError(
                f"a Ray worker died {RETRIES + 1} times in a row{first}. Its log: ray logs"
            ) from error


def _lanes(options: FeatureOptions, there: dict[str, float]) -> list[Lane]:
    """Return the kinds of workers that the settings and the cluster's resources allow, fastest first."""
    cpus, gpus = int(there.get("CPU", 0)), int(there.get("GPU", 0))
    lanes = []
    if gpus and options.backend in ("auto", "cupy") and not options.weights.endswith((".onnx", "random")):
        chosen = options.model_copy(update={"backend": "cupy"})
        lanes.append(Lane("GPU", {"num_gpus": 1, "num_cpus": 0}, chosen, gpus))
    if cpus and options.backend != "cupy":
        backend = "onnx" if options.backend == "auto" else options.backend
        lanes.append(Lane("CPU", {"num_cpus": 1}, options.model_copy(update={"backend": backend}), cpus))
    if not lanes:
        raise UserError(
            f"features.backend is {options.backend}, and the cluster has {cpus} CPUs and {gpus} GPUs"
        )
    return lanes


def _ship(ray: Any, options: FeatureOptions, weights: Path) -> tuple[str, Any]:
    """Put the weights into the object store; return the name that workers keep them by, and the reference."""
    if options.weights == "random":
        return "random", None
    path = locate(options.weights, weights)
    return identity(str(path), weights) + path.suffix, ray.put(path.read_bytes())


def compute(options: FeatureOptions, name: str, file: bytes | None, batch: Photos) -> list[Row]:
    """Return the rows of one batch: what a worker does."""
    return _encoder(options.model_dump_json(exclude_unset=True), name, _received(name, file)).rows(batch)


def describe(options: FeatureOptions, name: str, file: bytes | None) -> tuple[str, int]:
    """Return what a worker computes with, and D."""
    encoder = _encoder(options.model_dump_json(exclude_unset=True), name, _received(name, file))
    return encoder.told, encoder.dimensions


def _received(name: str, file: bytes | None) -> str:
    """Return the path of the weights on this worker's machine, writing them there if they are not yet."""
    path = SHIPPED / name
    if file is None:
        return name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, file)
    return str(path)


@lru_cache(maxsize=1)
def _encoder(settings: str, name: str, path: str) -> Encoder:
    """Return the encoder of this worker, opened once."""
    options = FeatureOptions.model_validate_json(settings)
    size = 227 if options.weights == "caffenet" and options.size is None else options.size
    return open_encoder(options.model_copy(update={"weights": path, "size": size}), SHIPPED)
