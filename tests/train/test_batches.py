"""Batches: every token once, like lengths together, an order drawn for each epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.text.vocabulary import BOS, EOS
from tests.train import toy_training
from train import batches
from train.examples import Examples
from train.model import Array


def unpacked(batch: batches.Batch) -> list[list[int]]:
    """Read a packed batch back, caption by caption: its inputs, then its last target."""
    return [
        [*batch.inputs[batch.rows == row].tolist(), batch.targets[batch.rows == row][-1]]
        for row in range(len(batch.captions))
    ]


def stream(examples: Examples, caption: int) -> list[int]:
    start = examples.starts[caption]
    ids: list[int] = examples.stream[start : start + examples.lengths[caption] + 2].tolist()
    return ids


@given(st.lists(st.integers(0, 12), min_size=1, max_size=20))
def test_packing_keeps_every_token_and_nothing_else(lengths: list[int]) -> None:
    texts = [[4 + place] * length for place, length in enumerate(lengths)]
    examples = Examples.build(["a"], [0] * len(lengths), texts, [0] * len(lengths), BOS, EOS)
    batch = batches.pack(examples, np.arange(len(lengths)))
    assert unpacked(batch) == [stream(examples, caption) for caption in batch.captions]
    assert batch.steps.sum() == len(batch.targets) == sum(lengths) + len(lengths)
    assert (np.diff(batch.steps) <= 0).all()


def test_each_epoch_holds_every_caption_once_in_its_own_order() -> None:
    lengths = toy_training.examples().lengths

    def order(epoch: int) -> Array:
        return np.concatenate(batches.orders(lengths, 16, 0, epoch))

    assert sorted(order(0)) == sorted(order(1)) == list(range(len(lengths)))
    assert order(0).tolist() == order(0).tolist() != order(1).tolist()


def test_captions_of_a_batch_are_of_like_length() -> None:
    lengths = toy_training.examples(captions=640).lengths
    assert np.mean([np.ptp(lengths[batch]) for batch in batches.orders(lengths, 16, 0, 0)]) < 1


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
def test_the_last_batch_may_be_smaller(size: int) -> None:
    sizes = [len(order) for order in batches.orders(np.arange(60), size, 0, 0)]
    assert sum(sizes) == 60
    assert max(sizes) == min(size, 60)
    assert len(sizes) == -(-60 // size)
