"""Batches of captions of like length, packed so that there is no padding.

A batch's captions are sorted by length, longest first, and its tokens laid out step by step: first the
first token of every caption, then the second of each that has one, and so on. What is still being
written at a step is then always the first rows, so no step works on a caption that has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from train.examples import Examples
from train.model import Array

WINDOW = 64
"""Captions are sorted by length within stretches of this many batches: like lengths, and still a shuffle."""


@dataclass(frozen=True)
class Batch:
    """N captions of T target tokens (<EOS> counted), packed.

    Attributes:
        captions: (N,) rows of the examples, longest caption first.
        photos: (N,) rows of the photo vectors.
        inputs: (T,) int32 ids, each caption's <BOS> first.
        targets: (T,) int32 ids, each caption's <EOS> last.
        rows: (T,) which of the N captions a token belongs to.
        steps: how many captions are still being written at each step; its sum is T.
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
    """Cut an epoch's captions into batches of like length, in an order drawn by seed and epoch.

    Args:
        lengths: (n,) tokens of each caption.
        size: captions per batch; the last batch may be smaller.

    Returns:
        For each batch the positions in `lengths` of its captions, longest first.
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
    """Pack captions (N,) rows of `examples` into a batch."""
    lengths = examples.lengths[captions] + 1
    order = np.argsort(-lengths, kind="stable")
    captions, lengths = captions[order], lengths[order]
    steps = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    rows = np.concatenate([np.arange(step) for step in steps])
    time = np.repeat(np.arange(len(steps)), steps)
    # Every caption lies in the stream as <BOS> tokens… <EOS>, so the targets are the inputs one further on.
    place = examples.starts[captions][rows] + time
    inputs, targets = examples.stream[place], examples.stream[place + 1]
    return Batch(captions, examples.photo[captions], inputs, targets, rows, steps)


def epoch(
    examples: Examples, drawn: Array, size: int, seed: int, number: int, start: int = 0
) -> Iterator[Batch]:
    """Yield the batches of epoch `number` over the captions `drawn`, from batch `start` on."""
    for batch in orders(examples.lengths[drawn], size, seed, number)[start:]:
        yield pack(examples, drawn[batch])
