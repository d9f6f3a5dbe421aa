"""Captions per second of training: Bokeru's compiled path, the article's loop in Chainer, and PyTorch eager.

    python -m benchmarks.train [--rounds 3] [--seconds 4] [--peer PYTHON]

All three train the article's model (fc7 through a linear layer into the first input, one LSTM, one linear
layer, Adam) on the same captions of 20 target tokens, in turns, in one run; the median of the rounds is
shown. Beside them is the bound: the captions per second if an update were its matrix products alone, at the
rate that this run reaches in square float32 products on all cores. PyTorch runs in the Python that
$BOKERU_TORCH_PYTHON or --peer names; without one its column is empty:

    python3 -m venv .venv-bench && .venv-bench/bin/python -m pip install torch==2.13.0 numpy
    BOKERU_TORCH_PYTHON=.venv-bench/bin/python .venv/bin/python -m benchmarks.train
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.features import sgemm
from dataset.text.vocabulary import BOS, EOS
from store.chainer_compat import chainer
from train import batches
from train.arithmetic.arithmetic import choose
from train.arithmetic.threads import pool_threads, worthwhile_threads
from train.examples import Examples
from train.model import CaptionModel, Sizes
from train.options import TrainOptions

SIZES = ((100, 870, 16), (100, 20000, 16), (256, 8000, 128))
"""Hidden, vocabulary and batch size of each row."""
TOKENS, VECTOR, BATCHES = 20, 4096, 4
Step = Callable[[int], Any]


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


PEER = """
import sys, time
import numpy as np, torch
hidden, vocabulary, batch, tokens, vector, count = map(int, sys.argv[1:7])
torch.set_default_device(sys.argv[7])
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
ids = np.random.default_rng(0).integers(4, vocabulary, (count, batch, tokens + 1))
ids[:, :, 0], ids[:, :, -1] = 2, 3
ids = torch.from_numpy(ids).to(sys.argv[7])
photos = np.random.default_rng(1).standard_normal((count * batch, vector), np.float32)
photos = torch.from_numpy(photos.reshape(count, batch, vector)).to(sys.argv[7])
photo, embedding = torch.nn.Linear(vector, hidden), torch.nn.Embedding(vocabulary, hidden)
lstm, output = torch.nn.LSTM(hidden, hidden, batch_first=True), torch.nn.Linear(hidden, vocabulary)
modules = [photo, embedding, lstm, output]
adam = torch.optim.Adam([p for module in modules for p in module.parameters()])
criterion = torch.nn.CrossEntropyLoss()
number = 0
for line in sys.stdin:
    limit, done, start = float(line), 0, time.perf_counter()
    while done < 2 or time.perf_counter() - start < limit:
        batch_number, number, done = number % count, number + 1, done + 1
        x = embedding(ids[batch_number, :, :-1])
        x[:, 0] += photo(photos[batch_number])
        logits = output(lstm(x)[0]).reshape(-1, vocabulary)
        loss = criterion(logits, ids[batch_number, :, 1:].reshape(-1))
        adam.zero_grad()
        loss.backward()
        adam.step()
    loss.item()
    print(done * batch / (time.perf_counter() - start), flush=True)
"""


class Peer:
    """PyTorch in another Python, which trains for the seconds that it reads from its standard input."""

    def __init__(self, python: str, *sizes: int, device: str = "cpu") -> None:
        arguments = [*(str(number) for number in (*sizes, TOKENS, VECTOR, BATCHES)), device]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([python, "-c", PEER, *arguments], stdin=pipe, stdout=pipe, text=True)

    def rate(self, seconds: float) -> float:
        """Return the captions per second of a turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(seconds, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def rate(step: Step, batch: int, seconds: float) -> float:
    """Return the captions per second of a turn."""
    done, start = 0, time.perf_counter()
    while done < 2 or time.perf_counter() - start < seconds:
        step(done)
        done += 1
    return done * batch / (time.perf_counter() - start)


def measure(sizes: tuple[int, int, int], rounds: int, seconds: float, python: str | None) -> dict[str, float]:
    """Return the median captions per second of each implementation, in turns, after one turn to warm up."""
    hidden, vocabulary, batch = sizes
    our_step, article_step = ours(*sizes), articles(*sizes)
    peer = Peer(python, *sizes) if python else None
    threads = worthwhile_threads(batch * TOKENS, vocabulary, hidden)
    found: dict[str, list[float]] = {"ours": [], "the article's loop": [], "PyTorch": []}
    for turn in range(rounds + 1):
        with pool_threads(threads):
            turns = {"ours": rate(our_step, batch, seconds)}
        turns["the article's loop"] = rate(article_step, batch, seconds)
        if peer:
            turns["PyTorch"] = peer.rate(seconds)
        for name, value in turns.items():
            found[name] += [value] if turn else []
    if peer:
        peer.close()
    return {name: statistics.median(values) for name, values in found.items() if values}


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
    arguments = parser.parse_args()
    if not arguments.peer:
        print("PyTorch: not measured: set $BOKERU_TORCH_PYTHON to a Python that has it", file=sys.stderr)
    titles = ("ours", "the article's loop", "PyTorch", "ours : loop", "ours : PyTorch", "bound")
    print("| hidden, vocabulary, batch | " + " | ".join(titles) + " |")
    print("| --- " + "| ---: " * len(titles) + "|")
    for sizes in SIZES:
        found = measure(sizes, arguments.rounds, arguments.seconds, arguments.peer)
        others = [found.get(name) for name in ("the article's loop", "PyTorch")]
        cells = [f"{value:.0f}" if value else "–" for value in (found["ours"], *others)]
        cells += [f"{found['ours'] / value:.2f}" if value else "–" for value in others]
        cells.append(f"{sgemm() / operations(*sizes[:2]):.0f}")
        print(f"| {', '.join(map(str, sizes))} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
