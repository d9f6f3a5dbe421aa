"""Batched beam search against the article's: one candidate at a time, one photo at a time.

    python -m benchmarks.decode

The article calls Chainer's functions for each candidate alone. Here they get the same weights, photos and
settings (beam 3, at most 50 tokens, no length normalisation), and must find the same captions. A third way,
also one candidate at a time but with this project's own step, shows how much of the gain is batching alone.
Every way may use all cores: it runs with one OpenBLAS thread and with one per core, and the faster result
counts. For 64 photos, batching must reach at least 10 times the article's captions per second. Its limit is
measured too: the products of the output layer alone, on all cores.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from dataset.text.vocabulary import BOS, EOS, PAD, UNK
from store.chainer_compat import chainer
from store.processes.cores import cores
from train.arithmetic.compiled.decoding import CompiledDecoder, DecoderState
from train.arithmetic.compiled.ranking import log_sum_exp
from train.arithmetic.threads import blas_threads
from train.captions.beam import beam
from train.captions.constraints import Rules
from train.model import Array, CaptionModel, Sizes

PHOTOS, WIDTH, SHORTEST, LONGEST, REPEATS = 64, 3, 8, 50, 3
RULES = Rules(BOS, EOS, LONGEST, SHORTEST, (PAD, UNK))
REQUIRED = 10.0
Floats = NDArray[np.float32]
Step = Callable[[Any, int], tuple[Floats, Any]]


@dataclass(frozen=True)
class Candidate:
    """An unfinished caption of the article's search."""

    score: float
    tokens: tuple[int, ...]
    state: Any


def one_at_a_time(start: Any, step: Step) -> tuple[int, ...]:
    """Return one photo's caption, calling the model for each candidate alone.

    Args:
        start: the state before the first token.
        step: takes a state and a token; returns the log-probabilities (V,) of the next token and the new
        state.
    """
    live, ended = [Candidate(0.0, (), start)], []
    while live:
        grown = []
        for one in live:
            values, state = step(one.state, one.tokens[-1] if one.tokens else BOS)
            RULES.mask(values[None], np.array([one.tokens], np.int64).reshape(1, -1))
            ended.append(Candidate(one.score + float(values[EOS]), one.tokens, None))
            values[EOS] = -np.inf
            for token in np.argpartition(-values, WIDTH)[:WIDTH]:
                grown.append(Candidate(one.score + float(values[token]), (*one.tokens, int(token)), state))
        best = max(candidate.score for candidate in ended)
        live = sorted(grown, key=lambda candidate: -candidate.score)[:WIDTH]
        live = [candidate for candidate in live if candidate.score > best]
    return max(ended, key=lambda candidate: candidate.score).tokens


class ChainerModel:
    """The same weights in Chainer's own functions, whose LSTM interleaves the four gates of each unit."""

    def __init__(self, model: CaptionModel) -> None:
        self._model = model
        hidden = model.sizes.hidden
        blocks = np.arange(4 * hidden).reshape(4, hidden)[[3, 0, 1, 2]]  # candidate, input, forget, output
        order = blocks.T.ravel()
        names = ("lstm0_x", "lstm0_b", "lstm0_h")
        self._weights_x, self._bias, self._weights_h = (getattr(model, name).array[order] for name in names)

    def start(self, vector: Floats) -> Any:
        """Return the state before the first token: the photo's part, cell, hidden."""
        zeros = np.zeros((1, self._model.sizes.hidden), np.float32)
        photo = self._model.standardised(vector[None]).astype(np.float32)
        return chainer.functions.linear(photo, self._model.photo_w, self._model.photo_b), zeros, zeros

    def step(self, state: Any, token: int) -> tuple[Floats, Any]:
        """Read one more token."""
        functions, model = chainer.functions, self._model
        photo, cell, hidden = state
        x = functions.embed_id(np.array([token], np.int32), model.embedding)
        if photo is not None:
            x += photo
        gates = functions.linear(x, self._weights_x, self._bias) + functions.linear(hidden, self._weights_h)
        cell, hidden = functions.lstm(cell, gates)
        logits = functions.linear(hidden, model.output_w, model.output_b)
        return functions.log_softmax(logits).array[0], (None, cell, hidden)


def peaked_model(vocabulary: int, hidden: int) -> tuple[CaptionModel, Floats]:
    """Return an untrained model, whose captions are as long as people's by the rules, and (PHOTOS, 4096)."""
    sizes = Sizes(vocabulary=vocabulary, vector=4096, embedding=hidden, hidden=hidden)
    model = CaptionModel.fresh(sizes, seed=1)
    model.output_w.array *= 12  # peaked, as a trained model is
    model.output_b.array[EOS] = 2
    return model, np.random.default_rng(0).random((PHOTOS, 4096), np.float32)


class CountingDecoder(CompiledDecoder):
    """A decoder that records how many rows each step has."""

    def __init__(self, model: CaptionModel) -> None:
        super().__init__(model)
        self.rows: list[int] = []

    def step(self, state: DecoderState, tokens: Array) -> tuple[Array, DecoderState]:
        """Read one more token of each caption."""
        self.rows.append(len(tokens))
        return super().step(state, tokens)


def products(model: CaptionModel, photos: Floats) -> float:
    """Return the seconds that the output layer's products take, those of batched beam search alone."""
    counting = CountingDecoder(model)
    beam(counting, photos, RULES, width=WIDTH)
    weights = np.ascontiguousarray(model.output_w.array.T)
    hidden = np.ones((max(counting.rows), len(weights)), np.float32)
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        for rows in counting.rows:
            hidden[:rows] @ weights
        best = min(best, time.perf_counter() - started)
    return best


def measure(vocabulary: int, hidden: int) -> float:
    """Print captions per second of each way; return the ratio of batched to the article's."""
    model, photos = peaked_model(vocabulary, hidden)
    chained, compiled = ChainerModel(model), CompiledDecoder(model)

    def ours(state: Any, token: int) -> tuple[Floats, Any]:
        values, after = compiled.step(state, np.array([token]))
        values -= log_sum_exp(values)[0].astype(np.float32)
        return values[0], after

    ways: dict[str, Callable[[], list[tuple[int, ...]]]] = {
        "the article's way": lambda: [one_at_a_time(chained.start(one), chained.step) for one in photos],
        "alone, our step": lambda: [one_at_a_time(compiled.start(one[None]), ours) for one in photos],
        "batched": lambda: [found[0].tokens for found in beam(compiled, photos, RULES, width=WIDTH)],
    }
    seconds = dict.fromkeys(ways, float("inf"))
    captions = {}
    for _ in range(REPEATS):  # in turns, so that other load on the machine affects all of them
        for (way, write), threads in product(ways.items(), {1, cores()}):
            with blas_threads(threads):
                started = time.perf_counter()
                captions[way] = write()
                seconds[way] = min(seconds[way], time.perf_counter() - started)
    same = sum(len(set(each)) == 1 for each in zip(*captions.values(), strict=True))
    rates = {way: PHOTOS / value for way, value in seconds.items()}
    summary = ", ".join(f"{way} {rate:,.1f}" for way, rate in rates.items())
    ratio = rates["batched"] / rates["the article's way"]
    most = PHOTOS / products(model, photos) / rates["the article's way"]
    alone = rates["batched"] / rates["alone, our step"]
    print(f"V = {vocabulary:,}, H = {hidden}: captions/s: {summary}")
    print(
        f"    {ratio:.1f} times the article's way, {alone:.1f} times our step alone; "
        f"{same} of {PHOTOS} captions the same; {most:.1f} times if the output layer's products were all"
    )
    return ratio


def main() -> None:
    """Measure the article's size, a larger vocabulary, and a larger model."""
    print(
        f"beam {WIDTH}, {PHOTOS} photos, {SHORTEST} to {LONGEST} tokens, {cores()} cores, best of {REPEATS}"
    )
    blas = [f"{each['internal_api']} {each.get('architecture')}" for each in threadpool_info()]
    print(f"products by {', '.join(blas)}")
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        sizes = ((870, 100), (20_000, 100), (8_000, 256))
        ratios = [measure(vocabulary, hidden) for vocabulary, hidden in sizes]
    print(f"required: {REQUIRED:.0f} times; least: {min(ratios):.1f}")


if __name__ == "__main__":
    main()
