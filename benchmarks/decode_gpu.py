"""Captions per second of batched beam search on a GPU, beside the CPU and beside PyTorch with cuDNN.

    python -m benchmarks.decode_gpu [--peer PYTHON]

Without a GPU it prints the reason and ends. The models, photos and settings are those of `benchmarks.decode`;
PyTorch gets the same weights, keeps everything on the GPU, and must find the same captions. It needs a
PyTorch built for CUDA in its own environment, see benchmarks.features. The figures are printed as JSON.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import decode
from store.chainer_compat import gpu_problem
from train.arithmetic.arithmetic import choose
from train.captions.beam import beam
from train.model import CaptionModel

PEER = Path(__file__).with_name("peers") / "beam_torch.py"
GPU = "@cupy:0"
SIZES = ((870, 100), (20_000, 100), (8_000, 256))
"""Vocabulary and hidden size of each row, as in `benchmarks.decode`."""
Captions = list[tuple[int, ...]]


def ours(model: CaptionModel, photos: decode.Floats, device: str, repeats: int) -> tuple[float, Captions]:
    """Return captions a second of the best of so many times, and the captions.

    Args:
        device: as Chainer names it; the model is moved there.
    """
    model.to_device(device)
    decoder, best = choose(model.xp).decoder(model), float("inf")
    for turn in range(repeats + 1):
        began = time.perf_counter()
        found = beam(decoder, photos, decode.RULES, **decode.SEARCH)
        if turn:  # kernels are compiled at their first call
            best = min(best, time.perf_counter() - began)
    return len(photos) / best, [one[0].tokens for one in found]


def torchs(
    python: str, model: CaptionModel, photos: decode.Floats, device: str, repeats: int, folder: Path
) -> tuple[float, Captions]:
    """Return the same of PyTorch on the same weights, in a process of its own.

    Args:
        device: `cpu` or `cuda`.
    """
    rules, given, result = decode.RULES, folder / "beam.npz", folder / "beam.npy"
    limits = [decode.WIDTH, rules.min_tokens, rules.max_tokens, rules.bos, rules.eos]
    arrays: dict[str, Any] = model.tensors()
    np.savez(given, vectors=photos, limits=limits, banned=rules.banned, **arrays)
    command, turns = [python, str(PEER), str(given), str(result), device], "\n" * (repeats + 1)
    done = subprocess.run(
        command, input=turns, stdout=subprocess.PIPE, encoding="utf-8", check=True, timeout=300
    )
    _, *rates = map(float, done.stdout.split())
    rows = np.load(result, allow_pickle=False)
    return max(rates), [tuple(int(token) for token in row if token >= 0) for row in rows]


def measure(
    device: str, python: str | None, folder: Path, sizes: Any = SIZES, torchs_device: str = "cuda"
) -> dict[str, dict[str, float]]:
    """Return captions a second of each size, and the share of captions that are those of the CPU."""
    rows = {}
    for vocabulary, hidden in sizes:
        model, photos = decode.peaked_model(vocabulary, hidden)
        cpu, expected = ours(model, photos, "@numpy", decode.REPEATS)
        found = {"gpu": ours(model, photos, device, decode.REPEATS)}
        if python:
            found["torch"] = torchs(python, model, photos, torchs_device, decode.REPEATS, folder)
        row = rows[f"{vocabulary}, {hidden}"] = {"cpu": round(cpu, 1)}
        for name, (rate, captions) in found.items():
            row[name] = round(rate, 1)
            row[f"{name}_same"] = sum(map(tuple.__eq__, captions, expected)) / len(photos)
    return rows


def main() -> None:
    """Measure, and print the figures as JSON; without a GPU, say why there are none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=os.environ.get("BOKERU_TORCH_PYTHON"))
    arguments = parser.parse_args()
    if problem := gpu_problem():
        print(f"decoding on a GPU: not measured: {problem}")
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(GPU, arguments.peer, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
