"""Batches of captions of similar length, or of one length, packed so that there is no padding.

A batch's captions are sorted by length, longest first, and its tokens are laid out step by step: the first
token of every caption, then the second token of each caption that has one, and so on. The captions that are
not over at a step are then always the first rows, so no step works on a caption that has ended.

N captions, T target tokens.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from train.examples import Examples
from train.model import Array
from train.options import TrainOptions

WINDOW = 64
"""Batches whose captions are sorted by length together: similar lengths in a batch, and still a shuffle."""


@dataclass(frozen=True)
class Batch:
    """N captions of T target tokens (<EOS> counted), packed.

    Attributes:
        captions: (N,) int64 rows of the examples, longest caption first.
        photos: (N,) int64 rows of the photo vectors.
        inputs: (T,) int32 ids, each caption's <BOS> first.
        targets: (T,) int32 ids, each caption's <EOS> last.
        rows: (T,) int64, which of the N captions a token belongs to.
        steps: (longest caption + 1,) int64, the captions that are not over at each step; its sum is T.
    """

    captions: Array
    photos: Array
    inputs: Array
    targets: Array
    rows: Array
    steps: Array

    def on(self, xp: Any) -> "Batch":
        """Return the batch with its ids in arrays of `xp`, NumPy or CuPy."""
        inputs, targets, rows = (xp.asarray(ids) for ids in (self.inputs, self.targets, self.rows))
        return replace(self, inputs=inputs, targets=targets, rows=rows)


def orders(lengths: Array, options: TrainOptions, epoch: int) -> list[Array]:
    """Cut an epoch's captions into batches, in an order that the seed and the epoch fix.

    Args:
        lengths: (C,) int64 tokens of each caption.
        options: `batch_size`, `batches`, `shuffle` and `seed` decide.
        epoch: counted from 0.

    Returns:
        For each batch (N,) int64 positions in `lengths`, longest caption first; some may be smaller than
        `batch_size`: the last, or the last of each length.
    """
    random = np.random.default_rng([options.seed, 0, epoch])
    order = random.permutation(len(lengths)) if options.shuffle else np.arange(len(lengths))
    cut = _of_one_length if options.batches == "one-length" else _of_similar_length
    batches = cut(order, lengths, options.batch_size)
    return [batches[place] for place in random.permutation(len(batches))] if options.shuffle else batches


def _of_similar_length(order: Array, lengths: Array, size: int) -> list[Array]:
    """Sort the captions of each window by length, and cut it into batches."""
    batches = []
    for start in range(0, len(order), size * WINDOW):
        window = order[start : start + size * WINDOW]
        window = window[np.argsort(-lengths[window], kind="stable")]
        batches += [window[first : first + size] for first in range(0, len(window), size)]
    return batches


def _of_one_length(order: Array, lengths: Array, size: int) -> list[Array]:
    """Cut the captions of each length into batches, the shortest captions first."""
    order = order[np.argsort(lengths[order], kind="stable")]
    same = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    return [group[first : first + size] for group in same for first in range(0, len(group), size)]


def pack(examples: Examples, captions: Array) -> Batch:
    """Pack captions into a batch.

    Args:
        captions: (N,) int64 rows of `examples`, in any order.
    """
    lengths = examples.lengths[captions] + 1  # (N,) target tokens, <EOS> counted
    order = np.argsort(-lengths, kind="stable")
    captions, lengths = captions[order], lengths[order]
    # At step t the captions with more than t tokens go on; negated lengths ascend, as searchsorted wants.
    steps = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    rows = np.concatenate([np.arange(step) for step in steps])  # (T,)
    time = np.repeat(np.arange(len(steps)), steps)  # (T,) the step of each token
    # Every caption lies in the stream as <BOS> tokens… <EOS>, so a target is its input's neighbour.
    position = examples.starts[captions][rows] + time  # (T,)
    inputs, targets = examples.stream[position], examples.stream[position + 1]
    return Batch(captions, examples.photo[captions], inputs, targets, rows, steps)
