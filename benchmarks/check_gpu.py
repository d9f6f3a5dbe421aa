"""The first thing to run on a machine with a GPU: is what it computes right, and how fast is it?

    make check-gpu          # or: python -m benchmarks.check_gpu [--seconds 5] [--result gpu.json]

It holds the GPU to the CPU: the tests that are skipped elsewhere, fc7 to ONNX Runtime, 50 updates, captions
by beam search, a run that goes on from a snapshot. Then it measures training, decoding and features, beside
PyTorch with cuDNN where the same Python has it, or the one that $BOKERU_TORCH_PYTHON names. All goes into
gpu.json. It ends with 1 where something is not right, and with 2 where there is no GPU or a package is
missing. Nothing is fetched: CuPy and pytest must be there.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import numpy as np

    from benchmarks import decode, decode_gpu, features_gpu
    from benchmarks import train as training
    from dataset.text.vocabulary import BOS, EOS
    from featurize.backends.backend import start
    from featurize.caffe import caffemodel
    from featurize.caffe.network import Network
    from featurize.weights import locate
    from store.chainer_compat import chainer, gpu_problem
    from store.whole_file import write_json
    from train.arithmetic.arithmetic import choose
    from train.checkpoint import Checkpoint
    from train.examples import Examples
    from train.history import History
    from train.model import CaptionModel, Sizes
    from train.options import TrainOptions
    from train.updater import Updater
except ModuleNotFoundError as error:  # on a bare machine, whichever comes first
    if __name__ != "__main__":
        raise
    print(f"check-gpu: {error.name} is not installed here: make install", file=sys.stderr)
    sys.exit(2)

GPU = decode_gpu.GPU
TESTS = ("tests/featurize/backends/test_cupy.py", "tests/train/captions/test_captioner.py")
"""What `make test` skips without a GPU is in these."""
FC7, LOSS, LATER_LOSS = 1e-4, 1e-4, 3e-4
"""The largest difference that is rounding: of a vector's largest value, of a loss, of one after 50 updates.

Adam lets rounding grow: on the CPU, weights that began a last bit apart gave losses up to 4e-5 apart by then.
"""
SAME = 0.95
"""The least share of equal captions: where two are nearly as likely, rounding may choose between them."""
Found = dict[str, Any]


def skipped_tests() -> Found:
    """Run the tests that need a GPU; none of them may be skipped."""
    # Without conftest.py, which imports the crawler's packages: a machine with a GPU may lack them.
    options = ["-q", "--noconftest", "-p", "no:cacheprovider", "-k", "the_gpu"]
    command = [sys.executable, "-m", "pytest", *options, *TESTS]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
    return {"right": done.returncode == 0 and "skipped" not in "".join(last), "said": last}


def fc7(backend: str, network: Network) -> Found:
    """Compare a network's vectors with those of ONNX Runtime."""
    images = 60 * np.random.default_rng(0).standard_normal((16, *network.input), np.float32)
    expected, found = start(network, "onnx").run(images), start(network, backend).run(images)
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    return {"right": difference < FC7, "difference": difference}


def updates(device: str, sizes: tuple[int, int, int] = (100, 870, 16), count: int = 50) -> Found:
    """Compare the losses of the first updates with those of the CPU."""
    losses = [
        [float(step(n)) for n in range(count)]
        for step in (training.ours(*sizes), training.ours(*sizes, device=device))
    ]
    difference = float(np.abs(np.diff(losses, axis=0) / losses[0]).max())
    return {
        "right": difference < LATER_LOSS,
        "difference": difference,
        "first": losses[1][0],
        "last": losses[1][-1],
    }


def captions(device: str, sizes: tuple[int, int] = (870, 100)) -> Found:
    """Compare captions by beam search with those of the CPU."""
    model, photos = decode.peaked_model(*sizes)
    (_, expected), (_, found) = (decode_gpu.ours(model, photos, each, 1) for each in ("@numpy", device))
    same = sum(map(tuple.__eq__, found, expected))
    return {"right": same >= SAME * len(photos), "same": same, "of": len(photos)}


def resumed(device: str, folder: Path) -> Found:
    """Compare a run that goes on from a snapshot with the one that went on without."""
    one, other = _run(device, folder), _run(device, folder)
    for _ in range(20):
        one.updater.update()
    one.save()
    other.restore()
    losses = []
    for each in (one, other):
        for _ in range(10):
            each.updater.update()
        each.updater.fetch_losses()
        losses.append(each.updater.totals["nats"])
    difference = abs(losses[0] - losses[1]) / max(losses[0], 1e-9)
    at_same_place = one.updater.iteration == other.updater.iteration == 30
    return {"right": at_same_place and difference < LOSS, "difference": difference}


def _run(device: str, folder: Path) -> Checkpoint:
    random, options = np.random.default_rng(0), TrainOptions(dropout=0.2)
    texts = [random.integers(4, 200, random.integers(2, 12)).tolist() for _ in range(2000)]
    examples = Examples.build(
        [str(n) for n in range(500)], [n // 4 for n in range(2000)], texts, [0] * 2000, BOS, EOS
    )
    model = CaptionModel.fresh(Sizes(vocabulary=200, vector=64, embedding=32, hidden=32), 0)
    model.to_device(device)
    vectors = model.xp.asarray(random.standard_normal((500, 64), np.float32))
    arithmetic = choose(model.xp)
    adam = arithmetic.adam(model, options.learning_rate, options.clip)
    updater = Updater(model, adam, examples, vectors, options, arithmetic)
    return Checkpoint(folder, "check", updater, History(None))


def training_rates(device: str, seconds: float, python: str | None, sizes: Any = training.SIZES) -> Found:
    """Measure captions a second on the device, on the CPU, and of PyTorch on CUDA.

    Ours wait for the loss of each update; a run fetches those of 50 at once on a GPU.
    """
    rates: Found = {}
    for size in sizes:
        row = rates[", ".join(map(str, size))] = {}
        for name, where in (("cpu", "@numpy"), ("gpu", device)):
            step = training.ours(size[0], size[1], size[2], where)
            step(0)

            def waits(number: int, step: training.Step = step) -> float:
                return float(step(number))

            row[name] = round(training.rate(waits, size[2], seconds), 1)
        if python:
            peer = training.Peer(python, *size, device="cuda")
            row["torch"] = round([peer.rate(1), peer.rate(seconds)][1], 1)
            peer.close()
    return {"right": True, "captions_per_second": rates}


def decoding_rates(
    device: str, python: str | None, folder: Path, sizes: Any = decode_gpu.SIZES, torchs_device: str = "cuda"
) -> Found:
    """Measure captions a second, see `benchmarks.decode_gpu`; all must write what the CPU writes."""
    rows = decode_gpu.measure(device, python, folder, sizes, torchs_device)
    same = [share for row in rows.values() for name, share in row.items() if name.endswith("_same")]
    return {"right": min(same) >= SAME, "captions_per_second": rows}


def feature_rates(
    photos: int, python: str | None, folder: Path, backend: str = "cupy", torchs_device: str = "cuda"
) -> Found:
    """Measure photos a second of the features stage, see `benchmarks.features_gpu`."""
    found = features_gpu.measure(photos, 1, python, folder, backend, torchs_device)
    return {"right": float(str(found["difference"])) < FC7, **found}


def pieces(seconds: float, folder: Path) -> dict[str, Callable[[], Found]]:
    """Return everything that is done, by its name in gpu.json."""
    torch = os.environ.get("BOKERU_TORCH_PYTHON")
    if not torch and importlib.util.find_spec("torch"):
        torch = sys.executable

    def caffenet() -> Found:
        return fc7("cupy", caffemodel.read(locate("untrained", folder / "weights"), "fc7"))

    return {
        "tests": skipped_tests,
        "fc7": caffenet,
        "updates": lambda: updates(GPU),
        "captions": lambda: captions(GPU),
        "resumed": lambda: resumed(GPU, folder / "snapshots"),
        "training": lambda: training_rates(GPU, seconds, torch),
        "decoding": lambda: decoding_rates(GPU, torch, folder),
        "features": lambda: feature_rates(1000, torch, folder),
    }


def run(todo: dict[str, Callable[[], Found]], result: Path, facts: Found) -> bool:
    """Do everything, write the result after each piece, return whether all is right; a failure is kept."""
    found: Found = {**facts, "right": True}
    for name, piece in todo.items():
        began = time.perf_counter()
        try:
            found[name] = piece()
        except Exception as error:  # the rest is worth knowing, whatever went wrong
            found[name] = {"right": False, "error": f"{type(error).__name__}: {error}"}
        found[name]["seconds"] = round(time.perf_counter() - began, 1)
        found["right"] = found["right"] and found[name]["right"]
        print(f"{name}: {json.dumps(found[name])}", flush=True)
        write_json(result, found)
    return bool(found["right"])


def main() -> int:
    """Check and measure; return the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement of training")
    parser.add_argument("--result", type=Path, default=Path("gpu.json"))
    arguments = parser.parse_args()
    if problem := gpu_problem():
        print(f"check-gpu: {problem}", file=sys.stderr)
        return 2
    cupy = chainer.cuda.cupy
    card = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    facts = {"card": card, "cupy": cupy.__version__, "cuda": cupy.cuda.runtime.runtimeGetVersion()}
    with tempfile.TemporaryDirectory() as folder:
        right = run(pieces(arguments.seconds, Path(folder)), arguments.result, facts)
    print(f"{arguments.result}: {'all is right' if right else 'something is not right'} on {card}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
