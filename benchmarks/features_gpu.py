"""Photos per second of CaffeNet's fc7 on a GPU, beside PyTorch with cuDNN and beside decoding.

    python -m benchmarks.features_gpu [--photos 2000] [--rounds 3] [--peer PYTHON]

Without a GPU it prints the reason and ends. Photos per second of: the network alone on Chainer with CuPy
(float32, no TF32), PyTorch, decoding on all cores, and end to end from Parquet to Parquet; and the largest
difference from ONNX Runtime on the CPU, over the largest value. The network must be at least twice as fast as
decoding on all cores. The peer needs a PyTorch built for CUDA in its own environment, see
benchmarks.features. The figures are printed as JSON.
"""

import argparse
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.features import OPTIONS, end_to_end, on_all_cores, peer, rate, write_photos
from demo.scenes import jpeg, scene
from featurize.backends.backend import start
from featurize.caffe import caffemodel
from featurize.preprocess import Recipe
from featurize.weights import locate
from store.chainer_compat import gpu_problem
from store.processes.cores import cores

BATCH, BATCHES = 128, 40


def measure(
    photos: int,
    rounds: int,
    python: str | None,
    folder: Path,
    backend: str = "cupy",
    torchs_device: str = "cuda",
) -> dict[str, object]:
    """Return every figure: medians of the rounds.

    Args:
        photos: at least two batches.
        backend: another than `cupy` is for tests of this module alone.
    """
    drawn = [jpeg(scene(1, number)) for number in range(photos)]
    recipe, weights = Recipe("caffe", 227), folder / "weights"
    images = np.stack([recipe.prepare(photo) for photo in drawn[: 2 * BATCH]])
    network = caffemodel.read(locate("untrained", weights), "fc7")
    gpu, expected = start(network, backend), start(network, "onnx").run(images[:64])
    difference = float(np.abs(gpu.run(images[:64]) - expected).max() / expected.max())
    shards, options = write_photos(folder, drawn), OPTIONS.model_copy(update={"backend": backend})
    found: list[dict[str, float]] = []

    def network_alone(at: int) -> np.ndarray:
        return gpu.run(images[at % 2 * BATCH :][:BATCH])

    with peer(python, network, images, folder, torchs_device) as torch, ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            figures = {
                "network": rate(BATCHES * BATCH, lambda: list(pool.map(network_alone, range(BATCHES)))),
                "decoding": rate(photos, lambda: on_all_cores(photos, lambda at: recipe.prepare(drawn[at]))),
                "end_to_end": end_to_end(options, shards, weights, photos, folder)[0],
            }
            if torch is not None:
                figures["torch_cudnn"] = torch()
            found.append(figures)
    medians = {name: round(median(each[name] for each in found), 1) for name in found[0]}
    ratios = {"network / decoding (>= 2)": round(medians["network"] / medians["decoding"], 2)}
    return {"cores": cores(), "difference": difference, "photos_per_second": medians, "ratios": ratios}


def main() -> None:
    """Measure, and print the figures as JSON; without a GPU, say why there are none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default=os.environ.get("BOKERU_TORCH_PYTHON"))
    arguments = parser.parse_args()
    if problem := gpu_problem():
        print(f"features on a GPU: not measured: {problem}")
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measure(arguments.photos, arguments.rounds, arguments.peer, Path(folder))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
