"""The features stage on a Ray cluster: workers compute, one process reads photos and writes the cache.

Workers need only this package: photos and weights travel through Ray's object store. Since one process
writes, every row is written once, whatever happens to a worker. Ray replaces a worker that dies, and computes
its batch again.
"""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from featurize.encoder import About, Encoder, Photos, Row, open_encoder
from featurize.feeding.resolve import fed
from featurize.options import FeatureOptions, is_onnx
from featurize.weights import identity, known, locate, own_file
from store.errors import UserError
from store.photo.options import Limits, PhotoOptions, limited
from store.processes.child import ROOT
from store.processes.kept import without_home
from store.whole_file import write_whole

RETRIES = 4
"""How often a batch is tried again after its worker died; then the batch itself is the likely cause."""
BATCHES_PER_WORKER = 2
"""Batches under way for each worker: while it computes one, the next is already on its machine."""


def weights_cache() -> Path:
    """Return the folder that keeps, on a worker's machine, the weights that it received."""
    cache = without_home() or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bokeru" / "weights"


@dataclass
class Lane:
    """Workers of one kind, and the batches under way on them.

    Attributes:
        kind: CPU or GPU.
        resources: what Ray reserves for a worker, as options of a remote function.
        options: the settings, with the backend of this kind.
        workers: how many the cluster has room for.
        tasks: the batch of each of Ray's references.
    """

    kind: str
    resources: dict[str, float]
    options: FeatureOptions
    workers: int
    tasks: dict[Any, Photos] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether enough batches are under way."""
        return len(self.tasks) >= BATCHES_PER_WORKER * self.workers


@contextmanager
def ray_engine(options: FeatureOptions, weights: Path) -> Iterator["RayEngine"]:
    """Yield an engine on the cluster at `options.ray.address`, or on one started here and stopped at the end.

    Raises:
        UserError: Ray is not installed, there is no cluster at the address, or its workers cannot compute.
    """
    # Ray reports its use to its makers, and warns of settings that it will change, unless told otherwise.
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
        _require_listener(address)
        # Ray puts the working folder first on its workers' module path; ours are found from our own folder.
        with chdir(ROOT):
            ray.init(address, log_to_driver=False, logging_level="error", **settings)
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"no Ray cluster answers at {options.ray.address!r} ({' '.join(str(error).split())[:200]})"
        token = "if it runs and requires a token, set RAY_AUTH_MODE=token here too"
        raise UserError(f"{problem}. Start one with: ray start --head; {token}") from error
    try:
        yield RayEngine(options, weights)
    finally:
        ray.shutdown()


def _require_listener(address: str) -> None:
    """Raise OSError if nothing listens at a host and port: Ray itself would retry for many minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


class RayEngine:
    """The workers of a Ray cluster; see `Engine`."""

    def __init__(self, options: FeatureOptions, weights: Path) -> None:
        import ray

        self._ray = ray
        how = fed(options, own_file(options.weights), weights)  # what lies beside a model stays here
        options, self._doubts = how.options, how.doubts
        self._name, self._file = _put_weights(ray, options, weights)
        self._lanes = _lanes(options, ray.cluster_resources())
        self._compute = ray.remote(compute)
        # Asked of a worker: this machine may have neither the GPU nor the libraries that workers have.
        asked = ray.remote(describe).options(max_retries=RETRIES, **self._lanes[0].resources)
        about, self.dimensions = self._get(asked.remote(self._lanes[0].options, self._name, self._file), [])
        count = " + ".join(f"{lane.workers} {lane.kind}" for lane in self._lanes)
        # The weights lie elsewhere on a worker, and its backend is that of its lane: neither is to be kept.
        own = {name: options.of_result()[name] for name in ("weights", "backend", "engine", "ray")}
        told = f"Ray, {count} workers, {about.description}"
        doubts = (*self._doubts, *about.doubts)
        self.about = About(told, about.feeding, about.settings | own, doubts)

    def rows(self, batches: Iterable[Photos]) -> Iterator[list[Row]]:
        """Yield the rows of each batch as it is done; each worker has `BATCHES_PER_WORKER` under way."""
        for batch in batches:
            while all(lane.is_full for lane in self._lanes):
                yield self._next()
            self._send(next(lane for lane in self._lanes if not lane.is_full), batch)
        while any(lane.tasks for lane in self._lanes):
            yield self._next()

    def _send(self, lane: Lane, batch: Photos) -> None:
        """Start the computation of a batch on any worker of a lane."""
        task = self._compute.options(max_retries=RETRIES, **lane.resources)
        lane.tasks[task.remote(lane.options, self._name, self._file, batch, Limits.options)] = batch

    def _next(self) -> list[Row]:
        """Wait for any batch, and return its rows."""
        waiting = [task for lane in self._lanes for task in lane.tasks]
        (done, *_), _ = self._ray.wait(waiting, num_returns=1)
        lane = next(lane for lane in self._lanes if done in lane.tasks)
        rows: list[Row] = self._get(done, lane.tasks.pop(done))
        return rows

    def _get(self, task: Any, batch: Photos) -> Any:
        """Return the result of a task, or raise what went wrong in it as it would be raised here."""
        try:
            return self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause  # what the worker raised; a UserError's message is for the user as it is
            raise cause if isinstance(cause, UserError) else error from None
        except self._ray.exceptions.WorkerCrashedError as error:
            first = f", on the batch that starts with photo {batch[0][0]}" if batch else ""
            raise UserError(
                f"a Ray worker died {RETRIES + 1} times in a row{first}. Its log: ray logs"
            ) from error


def _lanes(options: FeatureOptions, resources: dict[str, float]) -> list[Lane]:
    """Return the kinds of workers that the settings and the cluster's resources allow, fastest first."""
    cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
    lanes = []
    takes_gpu = not is_onnx(options.weights) and options.weights != "random"
    if gpus and options.backend in ("auto", "cupy") and takes_gpu:
        chosen = options.model_copy(update={"backend": "cupy"})
        # num_cpus 0: a GPU's worker must not take the place of a CPU's.
        lanes.append(Lane("GPU", {"num_gpus": 1, "num_cpus": 0}, chosen, gpus))
    if cpus and options.backend != "cupy":
        backend = "onnx" if options.backend == "auto" else options.backend
        lanes.append(Lane("CPU", {"num_cpus": 1}, options.model_copy(update={"backend": backend}), cpus))
    if not lanes:
        raise UserError(
            f"features.backend is {options.backend}, and the cluster has {cpus} CPUs and {gpus} GPUs"
        )
    return lanes


def _put_weights(ray: Any, options: FeatureOptions, weights: Path) -> tuple[str, Any]:
    """Put the weights into the object store; return their file name on workers, and the reference."""
    if options.weights == "random":
        return "random", None
    path = locate(options.weights, weights)
    beside = known(path, weights).external
    files = {name: (path.parent / name).read_bytes() for name in beside}
    main = identity(str(path), weights) + path.suffix
    return main, ray.put({main: path.read_bytes(), **files})


def compute(
    options: FeatureOptions, name: str, files: Mapping[str, bytes] | None, batch: Photos, limits: PhotoOptions
) -> list[Row]:
    """Return the rows of one batch; runs on a worker."""
    encoder = _encoder(options.model_dump_json(), name, _local_weights(name, files))
    with limited(limits):
        return encoder.rows(batch)


def describe(options: FeatureOptions, name: str, files: Mapping[str, bytes] | None) -> tuple[About, int]:
    """Return what is to be said of the encoder, and D; runs on a worker."""
    encoder = _encoder(options.model_dump_json(), name, _local_weights(name, files))
    return encoder.about, encoder.dimensions


def _local_weights(name: str, files: Mapping[str, bytes] | None) -> str:
    """Return the path of the weights on this worker's machine; write them there where they are missing.

    A model with files beside it has a folder of its own: two models may call theirs the same.
    """
    if files is None:
        return name
    cache = weights_cache()
    folder = cache / Path(name).stem if len(files) > 1 else cache
    for one, content in reversed(list(files.items())):  # the model itself last: where it is, all are
        if not (folder / one).exists():
            (folder / one).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / one, content)
    return str(folder / name)


@lru_cache(maxsize=1)
def _encoder(settings: str, name: str, path: str) -> Encoder:
    """Return the encoder of this worker, opened once; `settings` is JSON, which `lru_cache` can hash."""
    options = FeatureOptions.model_validate_json(settings)
    size = 227 if options.weights == "caffenet" and options.size is None else options.size
    return open_encoder(options.model_copy(update={"weights": path, "size": size}), weights_cache())
