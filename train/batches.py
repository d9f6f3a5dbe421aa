"""Batches of captions of similar length, packed so that there is no padding.

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


def orders(lengths: Array, size: int, seed: int, epoch: int) -> list[Array]:
    """Cut an epoch's captions into batches of similar length, in a random order that seed and epoch fix.

    Args:
        lengths: (C,) int64 tokens of each caption.
        size: captions per batch, N; the last batch may be smaller.
        epoch: counted from 0.

    Returns:
        For each batch (N,) int64 positions in `lengths`, longest caption first.
    """
    random = np.random.default_rng([seed, 0, epoch])
    order = random.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), size * WINDOW):
        window = order[start : start + size * WINDOW]
        window = window[np.argsort(-lengths[window], kind="stable")]
        batches += [window[first : first + size] for first in range(0, len(window), size)]
    return [batches[position] for position in random.permutation(len(batches))]


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
