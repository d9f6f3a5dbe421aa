"""What an update reads and writes: the model's arrays, and the memory that is kept from update to update.

N captions, T target tokens, D components of a photo's vector, E embedding, H hidden, V vocabulary, L layers;
I inputs of a layer, E or H. Arrays are float32 and C-contiguous unless a comment says so. The captions of a
thread lie together, and so do its tokens, in the order in which it steps through time.
"""

import math
import threading
from typing import Any, NamedTuple

import numpy as np

from train.arithmetic.compiled.output import TILE, Softmax, blocks
from train.batches import Batch
from train.model import Array, CaptionModel, Sizes

Layers = tuple[Array, ...]
SCORES_BYTES = 100 * 2**20
"""Scores in memory at once. Fewer make more, smaller products, and each adds to the weights' gradient."""


class Weights(NamedTuple):
    """A model's parameters or their gradients, shaped as `Sizes.shapes` says; of the LSTMs one per layer."""

    photo_w: Array
    photo_b: Array
    embedding: Array
    lstm_x: Layers
    lstm_b: Layers
    lstm_h: Layers
    output_w: Array
    output_b: Array


def weights(model: CaptionModel, part: str = "array") -> Weights:
    """Return a model's parameters, or with `grad` their gradients, which are made where there are none."""

    def of(name: str) -> Array:
        return _array(getattr(model, name), part)

    lstm_x, lstm_b, lstm_h = (
        tuple(of(f"lstm{layer}_{each}") for layer in range(model.sizes.layers)) for each in "xbh"
    )
    outer = (of(name) for name in ("photo_w", "photo_b", "embedding", "output_w", "output_b"))
    photo_w, photo_b, embedding, output_w, output_b = outer
    return Weights(photo_w, photo_b, embedding, lstm_x, lstm_b, lstm_h, output_w, output_b)


def _array(parameter: Any, part: str) -> Array:
    array = getattr(parameter, part)
    if array is None:
        parameter.grad = array = np.empty_like(parameter.array)
    # What was set from elsewhere may lie otherwise; compiled code reads rows as they follow each other.
    assert array.flags.c_contiguous
    return array  # type: ignore[no-any-return]


class Memory(NamedTuple):
    """What an update computes on the way."""

    order: Array  # (T,) int64, where in the batch each token is
    inputs: Array  # (T,) int32
    targets: Array  # (T,) int32
    loss_weights: Array  # (T,)
    counts: Array  # (threads, S) int64, each thread's captions at each step
    standardised: Array  # (N, D)
    photo: Array  # (E, N), without the bias
    grad_photo: Array  # (N, E)
    grad_cell: Array  # (N, H)
    x: Layers  # L + 1 of (T, I): what each LSTM reads and, at last, the output layer
    previous: Layers  # (T, H), the outputs of the step before
    gates: Layers  # (T, 4H)
    grad_gates: Layers  # (T, 4H)
    cell: Layers  # (T, H)
    hidden: Layers  # (T, H); where nothing is dropped, what is read next
    transposed: Array  # (threads, H, 4H), recurrent weights
    grad_x: Array  # (T, E)
    grad_hidden: Array  # (threads, T, H), of each thread's part of the vocabulary
    blocks: int  # of the vocabulary, see `output`
    softmax: Softmax
    target_scores: Array  # (T,)
    losses: Array  # (T,)


class Kept(threading.local):
    """Arrays by name, kept from one update to the next: a new allocation takes as long as a softmax."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def array(self, name: str, *shape: int, dtype: Any = np.float32) -> Array:
        """Return an uninitialised array, valid until the next call of this thread with the same name."""
        size = math.prod(shape)
        if name not in self._arrays or self._arrays[name].size < size:
            self._arrays[name] = np.empty(size, dtype)
        return self._arrays[name][:size].reshape(shape)


kept = Kept()


def memory(sizes: Sizes, batch: Batch, threads: int, drops: bool, learns: bool) -> Memory:
    """Return the memory of an update of a batch, uninitialised; what only learning needs is empty without."""
    captions, tokens, hidden = len(batch.captions), len(batch.targets), sizes.hidden
    array, needed = kept.array, int(learns)

    def layers(name: str, rows: int, width: int) -> Layers:
        return tuple(array(f"{name}{layer}", rows, width) for layer in range(sizes.layers))

    outputs = layers("hidden", tokens, hidden)
    read = layers("dropped", tokens, hidden) if drops else outputs
    count, width = blocks(sizes.vocabulary, threads)
    at_once = max(1, min(tokens, SCORES_BYTES // (4 * sizes.vocabulary)))
    return Memory(
        order=array("order", tokens, dtype=np.int64),
        inputs=array("inputs", tokens, dtype=np.int32),
        targets=array("targets", tokens, dtype=np.int32),
        loss_weights=array("loss_weights", tokens),
        counts=array("counts", threads, len(batch.steps), dtype=np.int64),
        standardised=array("standardised", captions, sizes.vector),
        photo=array("photo", sizes.embedding, captions),
        grad_photo=array("grad_photo", captions * needed, sizes.embedding),
        grad_cell=array("grad_cell", captions * needed, hidden),
        x=(array("x", tokens, sizes.embedding), *read),
        previous=layers("previous", tokens, hidden),
        gates=layers("gates", tokens, 4 * hidden),
        grad_gates=layers("grad_gates", tokens * needed, 4 * hidden),
        cell=layers("cell", tokens, hidden),
        hidden=outputs,
        transposed=array("transposed", threads, hidden, 4 * hidden),
        grad_x=array("grad_x", tokens * needed, sizes.embedding),
        grad_hidden=array("grad_hidden", threads, tokens * needed, hidden),
        blocks=count,
        softmax=Softmax(
            scores=array("scores", count if learns else threads, at_once, width),
            highest=array("highest", count, at_once),
            top=array("top", threads, tokens),
            total=array("total", threads, tokens),
            tile=array("tile", threads, TILE * needed, width),
        ),
        target_scores=array("target_scores", tokens),
        losses=array("losses", tokens),
    )
