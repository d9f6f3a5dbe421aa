"""What the project does on a GPU, piece by piece, on pretended cards; a program of its own, for the tests.

    python -m tests.gpu.path FOLDER train caption features [--cards 2] [--capability 90] [--device cuda:1]

It writes as JSON what the cards were used for, and the kernels that were launched: FOLDER/record-0.json, or
one for each process's rank.
"""

import argparse
import itertools
import json
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from tests.gpu.pretended import Cards


def let_captions_end() -> None:
    """Give every second token no probability, which ends a caption: nothing is computed, so none would."""
    from train.captions import decode

    pick, calls = decode._pick, itertools.count()

    def pick_in_turns(logits: Any, tokens: Any) -> Any:
        picked = pick(logits, tokens)
        return np.full_like(picked, -np.inf) if next(calls) % 2 else picked

    decode._pick = pick_in_turns


def train(folder: Path, device: str) -> None:
    """Train with every setting that changes what is computed; stop once and go on."""
    from train.arithmetic import device as choice
    from train.fit import fit

    let_captions_end()
    choice.WORTHWHILE = 0  # `auto` is to take a card for a toy as well
    ways: tuple[dict[str, Any], ...] = (
        {"epochs": 2, "snapshot_seconds": 0},
        {"layers": 2, "injection": "every", "dropout": 0.5, "weight": "stars", "clip": None},
        {"sampling": "one-per-epoch", "standardise": "component", "output_bias": "frequency"},
    )
    for way in ways:
        toy, options = _toy(folder, **{"device": device, "epochs": 1} | way)
        run = fit(options, toy.dataset, toy.features, folder / "runs")
        (run / "manifest.json").unlink()
        fit(options, toy.dataset, toy.features, folder / "runs")  # reads the last snapshot


def together(folder: Path, device: str) -> None:
    """Train as one of the processes that mpiexec started; the last batch is smaller than there are."""
    from train.arithmetic import device as choice
    from train.fit import fit

    let_captions_end()
    choice.WORTHWHILE = 0
    toy, options = _toy(folder / os.environ["PMI_RANK"], device=device, epochs=1, batch_size=3)
    fit(options, toy.dataset, toy.features, folder / "runs")


def caption(folder: Path, device: str) -> None:
    """Evaluate a model that was trained on the CPU, and write captions in every way."""
    from train.arithmetic.device import device_if_there
    from train.captions.captioner import Captioner
    from train.evaluation.evaluate import evaluate
    from train.fit import fit

    let_captions_end()
    toy, options = _toy(folder)
    run = fit(options, toy.dataset, toy.features, folder / "runs")
    evaluate(run, toy.dataset, toy.features, device=device)
    captioner = Captioner.load(run / "model", device_if_there(device, 0))
    sample = {"strategy": "sample", "n": 2, "top_k": 3, "top_p": 0.9, "temperature": 0.7}
    for way in ({"strategy": "greedy"}, {"strategy": "beam", "no_repeat": 2}, sample):
        captioner.caption(np.ones((3, captioner.dimensions), np.float32), **way)


def features(folder: Path, device: str) -> None:
    """Compute vectors with every kind of layer, on several threads; on the card that was current at first."""
    from featurize.backends.backend import start
    from store.chainer_compat import chainer
    from tests.featurize.small_networks import small_network

    with chainer.using_device(device.replace("cuda", "@cupy")):
        backend = start(small_network(), "cupy")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(backend.run, [np.zeros((5, 3, 35, 35), np.float32)] * 8))


def check(folder: Path, device: str) -> None:
    """Do what `make check-gpu` does, at a toy's size; nothing is computed, so nothing is right."""
    from benchmarks import check_gpu
    from tests.featurize.small_networks import small_network

    todo = {
        "fc7": lambda: check_gpu.fc7("cupy", small_network()),
        "updates": lambda: check_gpu.updates(check_gpu.GPU, (8, 30, 4), count=3),
        "captions": lambda: check_gpu.captions(check_gpu.GPU, (30, 8)),
        "resumed": lambda: check_gpu.resumed(check_gpu.GPU, folder / "snapshots"),
        "training": lambda: check_gpu.training_rates(check_gpu.GPU, 0.01, None, [(8, 30, 4)]),
        "decoding": lambda: check_gpu.decoding_rates(check_gpu.GPU, None, folder, [(30, 8)]),
    }
    check_gpu.run(todo, folder / "gpu.json", {})
    found = json.loads((folder / "gpu.json").read_text())
    failed = [found[name]["error"] for name in todo if "error" in found[name]]
    assert not failed, failed


def break_kernel(name: str) -> None:
    """Break the code of one of Chainer's kernels before CuPy is asked for it."""
    from store.chainer_compat import chainer

    right = chainer.backends.cuda.elementwise

    def elementwise(inputs: str, outputs: str, operation: str, kernel: str, **given: Any) -> Any:
        broken = operation.replace(";", "") + " no_such_name" if kernel == name else operation
        return right(inputs, outputs, broken, kernel, **given)

    chainer.backends.cuda.elementwise = elementwise


def _toy(folder: Path, **settings: Any) -> tuple[Any, Any]:
    from tests.train import toy_training

    return toy_training.toy(folder, photos=10, captions=1), toy_training.options(**settings)


PIECES = {piece.__name__: piece for piece in (train, together, caption, features, check)}


def main() -> None:
    """Run one piece."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs="+", choices=PIECES)
    parser.add_argument("--cards", type=int, default=2)
    parser.add_argument("--capability", type=int, default=90)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--broken", help="a kernel of Chainer's that is to be broken first")
    arguments = parser.parse_args()
    cards = Cards(arguments.cards, arguments.capability)
    cards.install()
    status = 0
    try:
        if arguments.broken:
            break_kernel(arguments.broken)
        with cards.zeroed():
            for what in arguments.what:
                PIECES[what](arguments.folder / what, arguments.device)
    except BaseException:
        traceback.print_exc()
        status = 1
    rank = os.environ.get("PMI_RANK", "0")
    # A file each: mpiexec mixes what several processes print.
    arguments.folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps({**cards.record(), "rank": rank})
    (arguments.folder / f"record-{rank}.json").write_text(content)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # CuPy would free memory through functions that are gone by then


if __name__ == "__main__":
    main()
