"""Captions per second of training: Bokeru's compiled path, PyTorch eager, the bound of the matrix products.

    python -m benchmarks.train [--rounds 3] [--seconds 4] [--peer PYTHON] [--one-thread]

All train the article's model (fc7 through a linear layer into the first input, one LSTM, one linear layer,
Adam) on the same captions of 20 target tokens, in turns, in one run; beside them the article's loop, token by
token in Chainer. The bound is the captions per second if an update were its matrix products alone, at the
rate that this run reaches in square float32 products on all cores. What is shown are medians of the turns,
and medians of each turn's ratios. PyTorch runs in the Python that $BOKERU_TORCH_PYTHON or --peer names;
without one its column is empty:

    python3 -m venv .venv-bench && .venv-bench/bin/python -m pip install torch numpy
    BOKERU_TORCH_PYTHON=.venv-bench/bin/python .venv/bin/python -m benchmarks.train
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.features import Clock, sgemm
from dataset.text.vocabulary import BOS, EOS
from store.chainer_compat import chainer
from store.processes.cores import cores
from train import batches
from train.arithmetic.arithmetic import choose
from train.arithmetic.compiled.pool import pool_threads
from train.arithmetic.threads import blas_threads, worthwhile_threads
from train.examples import Examples
from train.model import CaptionModel, Sizes
from train.options import TrainOptions

SIZES = ((100, 870, 16), (100, 20000, 16), (256, 8000, 128))
"""Hidden, vocabulary and batch size of each row."""
TOKENS, VECTOR, BATCHES = 20, 4096, 4
Step = Callable[[int], Any]
Turn = dict[str, float]
"""Captions per second by name."""


def ids(vocabulary: int, batch: int) -> np.ndarray[Any, Any]:
    """Return (BATCHES, batch, TOKENS + 1) int64 ids, each caption from <BOS> to <EOS>."""
    made = np.random.default_rng(0).integers(4, vocabulary, (BATCHES, batch, TOKENS + 1))
    made[:, :, 0], made[:, :, -1] = BOS, EOS
    return made


def vectors(batch: int) -> np.ndarray[Any, Any]:
    """Return (BATCHES * batch, VECTOR) float32 photo vectors."""
    return np.random.default_rng(1).standard_normal((BATCHES * batch, VECTOR), np.float32)


def ours(hidden: int, vocabulary: int, batch: int, device: str = "@numpy") -> Step:
    """Return a function that trains on batch n, as `train.updater` does, and returns the loss where it is.

    Args:
        device: as Chainer names it; it has to be the current one.
    """
    captions = ids(vocabulary, batch).reshape(-1, TOKENS + 1)[:, 1:-1].tolist()
    count = len(captions)
    examples = Examples.build([str(n) for n in range(count)], range(count), captions, [0] * count, BOS, EOS)
    sizes = Sizes(vocabulary=vocabulary, vector=VECTOR, embedding=hidden, hidden=hidden)
    model = CaptionModel.fresh(sizes, 0)
    model.scale[:] = VECTOR**-0.5  # as training scales photo vectors: to length 1
    model.to_device(device)
    photos, arithmetic = model.xp.asarray(vectors(batch)), choose(model.xp)
    adam = arithmetic.adam(model, TrainOptions().learning_rate, None)

    def step(number: int) -> Any:
        packed = batches.pack(examples, np.arange(batch) + batch * (number % BATCHES))
        weights = model.xp.full(len(packed.targets), 1 / len(packed.targets), np.float32)
        losses = arithmetic.gradients(model, packed.on(model.xp), photos[packed.photos], weights)
        adam.update()
        return (losses * weights).sum()

    return step


def articles(hidden: int, vocabulary: int, batch: int) -> Step:
    """Return the same as the article does it: token by token, each with its own output layer and loss."""
    links, functions = chainer.links, chainer.functions
    model = chainer.Chain(
        photo=links.Linear(VECTOR, hidden),
        embedding=links.EmbedID(vocabulary, hidden),
        lstm=links.LSTM(hidden, hidden),
        output=links.Linear(hidden, vocabulary),
    )
    adam = chainer.optimizers.Adam().setup(model)
    tokens = ids(vocabulary, batch).astype(np.int32)
    photos = vectors(batch).reshape(BATCHES, batch, VECTOR)

    def step(number: int) -> None:
        batch_number = number % BATCHES
        model.lstm.reset_state()
        total: Any = 0
        for time_step in range(TOKENS):
            x = model.embedding(tokens[batch_number, :, time_step])
            if time_step == 0:
                x += model.photo(photos[batch_number])
            logits = model.output(model.lstm(x))
            total += functions.softmax_cross_entropy(logits, tokens[batch_number, :, time_step + 1])
        model.cleargrads()
        (total / TOKENS).backward()
        adam.update()

    return step


PEER = Path(__file__).with_name("peers") / "training_torch.py"


class Peer:
    """PyTorch in another Python, which trains for the seconds that it reads from its standard input."""

    def __init__(self, python: str, *sizes: int, device: str = "cpu", one_thread: bool = False) -> None:
        numbers = (*sizes, TOKENS, VECTOR, BATCHES, int(one_thread))
        arguments = [device, *(str(number) for number in numbers)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [python, str(PEER), *arguments], stdin=pipe, stdout=pipe, encoding="utf-8"
        )

    def rate(self, seconds: float) -> float:
        """Return the captions per second of a turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(seconds, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def rate(step: Step, batch: int, seconds: float, clock: Clock = time.perf_counter) -> float:
    """Return the captions per second of a turn."""
    done, start = 0, clock()
    while done < 2 or clock() - start < seconds:
        step(done)
        done += 1
    return done * batch / (clock() - start)


def measure(
    sizes: tuple[int, int, int], rounds: int, seconds: float, python: str | None, one_thread: bool
) -> list[Turn]:
    """Return the captions per second of each implementation and of the bound, turn by turn, after a first."""
    hidden, vocabulary, batch = sizes
    our_step, article_step = ours(*sizes), articles(*sizes)
    peer = Peer(python, *sizes, one_thread=one_thread) if python else None
    threads = 1 if one_thread else worthwhile_threads(batch * TOKENS, vocabulary, hidden)
    clock = time.process_time if one_thread else time.perf_counter
    turns: list[Turn] = []
    for _ in range(rounds + 1):
        with pool_threads(threads):
            turn = {"ours": rate(our_step, batch, seconds, clock)}
        if peer:
            turn["PyTorch"] = peer.rate(seconds)
        turn["the bound"] = sgemm(one_thread=one_thread) / operations(hidden, vocabulary)
        with blas_threads(1 if one_thread else cores()):
            turn["the article's loop"] = rate(article_step, batch, seconds, clock)
        turns.append(turn)
    if peer:
        peer.close()
    return turns[1:]


def operations(hidden: int, vocabulary: int) -> int:
    """Return the operations of a caption's products, forward and backward: output, LSTM, photo."""
    return 6 * TOKENS * hidden * (vocabulary + 8 * hidden) + 4 * VECTOR * hidden


def main() -> None:
    """Print a row per size."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a turn")
    parser.add_argument("--peer", default=os.environ.get("BOKERU_TORCH_PYTHON"))
    parser.add_argument(
        "--one-thread", action="store_true", help="each on one thread, by processor time: for a busy machine"
    )
    arguments = parser.parse_args()
    if not arguments.peer:
        print("PyTorch: not measured: set $BOKERU_TORCH_PYTHON to a Python that has it", file=sys.stderr)
    print(f"{processor()}, {cores()} cores, a load of {os.getloadavg()[0]:.1f} before\n")
    others = ("PyTorch", "the bound", "the article's loop")
    titles = ("ours", *others, *(f"ours : {name}" for name in others))
    print("| hidden, vocabulary, batch | " + " | ".join(titles) + " |")
    print("| --- " + "| ---: " * len(titles) + "|")
    for sizes in SIZES:
        turns = measure(sizes, arguments.rounds, arguments.seconds, arguments.peer, arguments.one_thread)
        cells = [median([turn.get(name) for turn in turns], 0) for name in ("ours", *others)]
        for name in others:
            cells.append(median([turn["ours"] / turn[name] if name in turn else None for turn in turns], 2))
        print(f"| {', '.join(map(str, sizes))} | " + " | ".join(cells) + " |", flush=True)


def median(values: list[float | None], digits: int) -> str:
    """Return the median as text, a dash where nothing was measured."""
    found = [value for value in values if value is not None]
    return f"{statistics.median(found):.{digits}f}" if found else "–"


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


if __name__ == "__main__":
    main()
