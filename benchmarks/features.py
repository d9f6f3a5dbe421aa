"""Photos per second of CaffeNet's fc7, beside the machine's limits and other implementations.

    python -m benchmarks.features [--photos 1024] [--rounds 3] [--peer PYTHON]

Everything is measured in one run, in turns, on the same drawn photos and the same weights; medians of the
rounds. Photos per second of: the SGEMM bound (this run's rate of matrix products, over the network's
operations), the network alone, Chainer on NumPy and PyTorch eager at the batch size that suits each, decoding
alone, and end to end, from JPEG in Parquet to vectors in Parquet, beside the bound of decoding and network on
the same cores. The figures are printed as JSON.

The project does not need PyTorch. It runs in an environment of its own, whose Python $BOKERU_TORCH_PYTHON or
--peer names; without one it is left out:

    python3 -m venv .venv-bench && .venv-bench/bin/pip install torch==2.13.0 numpy
    BOKERU_TORCH_PYTHON=.venv-bench/bin/python .venv/bin/python -m benchmarks.features
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median

import numpy as np
import onnx.parser
import onnxruntime
import pyarrow as pa
from threadpoolctl import threadpool_limits

from demo.scenes import jpeg, scene
from featurize import cache
from featurize.backends.backend import start
from featurize.backends.chainer_network import MAX_BATCH
from featurize.cache import batched
from featurize.caffe import caffemodel
from featurize.caffe.layers import Convolution, InnerProduct
from featurize.caffe.network import Network
from featurize.engine import open_engine
from featurize.options import FeatureOptions
from featurize.preprocess import Recipe
from featurize.weights import locate
from store.processes.cores import cores
from store.schema import PHOTOS
from store.shards import whole_parquet

OPTIONS = FeatureOptions()
BATCH = OPTIONS.batch_size
PRODUCT = """<ir_version: 8, opset_import: ["": 17]>
product (float[N, N] one, float[N, N] other) => (float[N, N] result) { result = MatMul(one, other) }"""
PEER = Path(__file__).parent / "peers" / "caffenet_torch.py"
Images = np.ndarray
Clock = Callable[[], float]


def rate(count: int, work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Return `count` over the seconds that `work` takes."""
    started = clock()
    work()
    return count / (clock() - started)


def sgemm(size: int = 2048, times: int = 6, one_thread: bool = False) -> float:
    """Return the highest rate of square float32 products, in floating-point operations per second.

    Of three ways: NumPy, one product after another, each on all cores; NumPy, one product per core at once;
    and the same with ONNX Runtime, which is faster on some processors.

    Args:
        one_thread: of either library on one thread, by processor time.
    """
    one, other = (np.random.default_rng(seed).random((size, size), np.float32) for seed in (1, 2))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx.parser.parse_model(PRODUCT).SerializeToString(), settings)
    if one_thread:
        alone = [lambda: one @ other, lambda: session.run(None, {"one": one, "other": other})]
        with threadpool_limits(1):
            return 2 * size**3 * max(rate(1, way, time.process_time) for way in alone * 3)
    ways = [
        lambda: [one @ other for _ in range(times)],
        lambda: on_all_cores(times, lambda _: one @ other),
        lambda: on_all_cores(times, lambda _: session.run(None, {"one": one, "other": other})),
    ]
    rates = []
    for threads, way in zip([None, 1, 1], ways, strict=True):
        with threadpool_limits(threads):
            rates.append(rate(times, way))
    return 2 * size**3 * max(rates)


def on_all_cores(count: int, work: Callable[[int], object]) -> None:
    """Call work(0), work(1), … `count` times, as many at once as there are cores."""
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(work, range(count)))


@contextmanager
def peer(
    python: str | None, network: Network, images: Images, folder: Path, device: str = "cpu"
) -> Iterator[Callable[[], float] | None]:
    """Yield a function that measures PyTorch on the same weights and photos, in a process of its own."""
    if not python:
        print("PyTorch: not measured: set $BOKERU_TORCH_PYTHON to a Python that has it", file=sys.stderr)
        yield None
        return
    learned = [layer for layer in network.layers if isinstance(layer, Convolution | InnerProduct)]
    weights = {f"{layer.name}.weight": layer.weights for layer in learned}
    np.savez(folder / "peer.npz", images=images, **weights)  # type: ignore[arg-type]  # biases are zero
    command = [python, str(PEER), str(folder / "peer.npz"), str(folder / "peer.npy"), device]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def measure() -> float:
            requests.write("go\n")
            requests.flush()
            return float(answers.readline())

        measure()
        expected, found = np.load(folder / "peer.npy"), start(network, "onnx").run(images[:16])
        assert np.abs(found - expected).max() < 1e-4 * expected.max(), "PyTorch computes something else"
        yield measure
        requests.close()


def write_photos(folder: Path, photos: list[bytes]) -> list[Path]:
    """Write a shard of photos, a hundred to a row group."""
    path = folder / "data" / "train-00000-of-00001.parquet"
    with whole_parquet(path, PHOTOS) as writer:
        for batch in batched(photos, 100):
            rows = [{"image": {"bytes": photo}, "sha256": sha256(photo).hexdigest()} for photo in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=PHOTOS))
    return [path]


def end_to_end(
    options: FeatureOptions, shards: list[Path], weights: Path, photos: int, folder: Path
) -> tuple[float, float]:
    """Return photos per second from Parquet to Parquet, and the seconds of starting up before that."""
    began = time.perf_counter()
    with open_engine(options, weights) as engine:
        started = time.perf_counter() - began
        directory = Path(tempfile.mkdtemp(dir=folder))

        def work() -> None:
            missing = cache.missing(shards, directory)
            with cache.writer(directory, engine.dimensions, "float32") as writer:
                for rows in engine.rows(batched(cache.photos(shards, missing), options.batch_size)):
                    for row in rows:
                        writer.append(row)

        return rate(photos, work), started


def measure(photos: int, rounds: int, python: str | None, folder: Path) -> dict[str, object]:
    """Return every figure."""
    drawn = [jpeg(scene(1, number)) for number in range(photos)]
    weights = folder / "weights"
    network = caffemodel.read(locate("untrained", weights), "fc7")
    recipe = Recipe("caffe", 227)
    images = np.stack([recipe.prepare(photo) for photo in drawn[: 4 * BATCH]])
    onnx, plain = start(network, "onnx"), start(network, "numpy")
    batches = [images[at : at + BATCH] for at in range(0, len(images), BATCH)]
    shards = write_photos(folder, drawn)
    count = 8 * cores()
    found: list[dict[str, float]] = []

    def network_alone(at: int) -> np.ndarray:
        return onnx.run(batches[at % len(batches)])

    with peer(python, network, images, folder) as torch:
        for _ in range(rounds):
            figures = {
                "sgemm_gflops": sgemm() / 1e9,
                "network": rate(count * BATCH, lambda: on_all_cores(count, network_alone)),
                "chainer_numpy": rate(MAX_BATCH, lambda: plain.run(images[:MAX_BATCH])),
                "decoding": rate(photos, lambda: on_all_cores(photos, lambda at: recipe.prepare(drawn[at]))),
            }
            figures["end_to_end"], figures["start_seconds"] = end_to_end(
                OPTIONS, shards, weights, photos, folder
            )
            if torch is not None:
                figures["torch_eager"] = torch()
            found.append(figures | bounds(figures, network))
    photos_per_second = {name: round(median(each[name] for each in found), 2) for name in found[0]}
    ratios = {name: round(median(each[name] for each in map(claims, found)), 2) for name in claims(found[0])}
    return {"cores": cores(), "rounds": rounds, "photos_per_second": photos_per_second, "ratios": ratios}


def bounds(figures: dict[str, float], network: Network) -> dict[str, float]:
    """Return the limits of these cores: of the products alone, and of decoding and network together."""
    return {
        "sgemm_bound": figures["sgemm_gflops"] * 1e9 / network.operations,
        "decoding_and_network": 1 / (1 / figures["decoding"] + 1 / figures["network"]),
    }


def claims(figures: dict[str, float]) -> dict[str, float]:
    """Return the ratios that docs/performance.md claims, of the figures of one round."""
    ratios = {
        "network / SGEMM bound (>= 0.85)": figures["network"] / figures["sgemm_bound"],
        "network / Chainer on NumPy (>= 4)": figures["network"] / figures["chainer_numpy"],
        "end to end / decoding and network (>= 0.85)": figures["end_to_end"]
        / figures["decoding_and_network"],
    }
    if "torch_eager" in figures:
        ratios["network / PyTorch eager (>= 1.5)"] = figures["network"] / figures["torch_eager"]
    return ratios


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default=os.environ.get("BOKERU_TORCH_PYTHON"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(arguments.photos, arguments.rounds, arguments.peer, Path(folder))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
