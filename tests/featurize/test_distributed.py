"""The features stage on a local Ray cluster of two workers, one of which is killed in the middle."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from featurize.distributed import Lane, RayEngine, _lanes, ray_engine
from featurize.extract import extract
from featurize.options import FeatureOptions, RayOptions
from featurize.read import vectors
from store.errors import UserError
from tests.featurize.small_networks import photo, small_weights, write_dataset

STAGE = """
import os, signal, sys
from pathlib import Path
import psutil
from featurize import cache
from featurize.extract import extract
from featurize.options import FeatureOptions, RayOptions
root = Path(sys.argv[1])

def kill_a_worker():
    processes = psutil.Process().children(recursive=True)
    workers = [process for process in processes if "".join(process.cmdline()).startswith("ray::")]
    workers.sort(key=lambda process: "ray::compute" in process.cmdline()[0])  # one at work, if any is
    workers[-1].send_signal(signal.SIGKILL)
    print("killed", flush=True)

def photos(shards, places, read=cache.photos):
    for number, photo in enumerate(read(shards, places)):
        if number == 89:
            kill_a_worker()
        yield photo

cache.photos = photos
workers = {"engine": "ray", "ray": RayOptions(cpus=2)}
options = FeatureOptions(weights=str(root / "small.caffemodel"), batch_size=4, **workers)
extract(options, root / "demo" / "dataset", root / "features", root / "weights")
"""


@pytest.mark.long
def test_a_killed_worker_is_replaced_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    small_weights(tmp_path)
    slow = [
        photo(seed, 3000, 2000 + seed) for seed in range(20)
    ]  # so that workers are at work when it happens
    photos = [*map(photo, range(70)), *slow, *map(photo, range(70, 130)), b"no photo"]
    names = write_dataset(tmp_path / "demo" / "dataset", photos)
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}  # weights and a token go there
    environment = {**os.environ, **home, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", STAGE, tmp_path], capture_output=True, text=True, env=environment, timeout=200
    )
    assert result.returncode == 0, result.stderr
    assert "features: Ray, 2 CPU workers, onnx (as set), 24 values a photo" in result.stdout
    assert "killed" in result.stdout
    assert "150 computed, 0 were there, 1 cannot be decoded" in result.stdout
    directory = next(path for path in (tmp_path / "features").iterdir() if path.name.startswith("small-fc7"))
    tables = [pq.read_table(path, columns=["sha256"]) for path in directory.glob("*.parquet")]
    assert Counter(name for table in tables for name in table["sha256"].to_pylist()) == Counter(names)
    local = FeatureOptions(weights=str(tmp_path / "small.caffemodel"), batch_size=4)
    alone = extract(local, tmp_path / "demo" / "dataset", tmp_path / "alone", tmp_path / "weights")
    assert alone.name == directory.name
    np.testing.assert_array_equal(vectors(directory, names[:-1]), vectors(alone, names[:-1]))


CLUSTER = """
import sys
import ray
settings = {"num_cpus": 1, "include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
print(ray.init("local", **settings).address_info["gcs_address"], flush=True)
sys.stdin.read()
"""
JOIN = """
import sys
from pathlib import Path
from featurize.extract import extract
from featurize.options import FeatureOptions, RayOptions
root = Path(sys.argv[1])
options = FeatureOptions(weights="random", engine="ray", ray=RayOptions(address=sys.argv[2]))
extract(options, root / "demo" / "dataset", root / "features", root / "weights")
"""


@pytest.mark.long
def test_a_cluster_that_is_there_is_joined(tmp_path: Path) -> None:
    write_dataset(tmp_path / "demo" / "dataset", [photo(1), photo(2)])
    environment = {**os.environ, "HOME": str(tmp_path), "RAY_AUTH_MODE": "token"}  # a token of the test's own
    command = [sys.executable, "-c"]
    with subprocess.Popen(
        [*command, CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as cluster:
        assert cluster.stdout is not None
        joined = [*command, JOIN, str(tmp_path), cluster.stdout.readline().strip()]
        result = subprocess.run(joined, capture_output=True, text=True, env=environment, timeout=100)
    assert result.returncode == 0, result.stderr
    assert "features: Ray, 1 CPU workers, random vectors" in result.stdout
    assert "2 computed, 0 were there" in result.stdout


def test_no_cluster_at_the_address(tmp_path: Path) -> None:
    options = FeatureOptions(weights="random", engine="ray", ray=RayOptions(address="127.0.0.1:9"))
    with (
        pytest.raises(UserError, match=r"no Ray cluster answers at .127.0.0.1:9. .* ray start --head"),
        ray_engine(options, tmp_path),
    ):
        pass


def test_workers_of_both_kinds_get_their_own_backend() -> None:
    gpu, cpu = _lanes(FeatureOptions(), {"CPU": 8.0, "GPU": 2.0})
    assert (gpu.kind, gpu.workers, gpu.options.backend) == ("GPU", 2, "cupy")
    assert (cpu.kind, cpu.workers, cpu.options.backend) == ("CPU", 8, "onnx")
    (only,) = _lanes(FeatureOptions(weights="m.onnx"), {"CPU": 1.0, "GPU": 1.0})
    assert only.kind == "CPU"
    with pytest.raises(UserError, match=r"features.backend is cupy, and the cluster has 4 CPUs and 0 GPUs"):
        _lanes(FeatureOptions(backend="cupy"), {"CPU": 4.0})


def test_each_lane_has_two_batches_a_worker_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = [Lane("GPU", {}, FeatureOptions(), 1), Lane("CPU", {}, FeatureOptions(), 2)]
    engine = RayEngine.__new__(RayEngine)
    engine._lanes = lanes
    most = {"GPU": 0, "CPU": 0}

    def send(lane: Lane, batch: object) -> None:
        lane.tasks[object()] = []
        most[lane.kind] = max(most[lane.kind], len(lane.tasks))

    def done() -> list[dict[str, object]]:
        lane = max(lanes, key=lambda lane: len(lane.tasks))
        lane.tasks.popitem()
        return []

    monkeypatch.setattr(engine, "_send", send)
    monkeypatch.setattr(engine, "_next", done)
    assert len(list(engine.rows([] for _ in range(50)))) == 50
    assert most == {"GPU": 2, "CPU": 4}
