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
from train.options import TrainOptions


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
        return np.concatenate(batches.orders(lengths, TrainOptions(), epoch))

    assert sorted(order(0)) == sorted(order(1)) == list(range(len(lengths)))
    assert order(0).tolist() == order(0).tolist() != order(1).tolist()


def test_captions_of_a_batch_are_of_like_length() -> None:
    lengths = toy_training.examples(captions=640).lengths
    assert np.mean([np.ptp(lengths[batch]) for batch in batches.orders(lengths, TrainOptions(), 0)]) < 1


@pytest.mark.parametrize("size", [1, 7, 60, 1000])
def test_the_last_batch_may_be_smaller(size: int) -> None:
    sizes = [len(order) for order in batches.orders(np.arange(60), TrainOptions(batch_size=size), 0)]
    assert sum(sizes) == 60
    assert max(sizes) == min(size, 60)
    assert len(sizes) == -(-60 // size)


ONE_LENGTH = TrainOptions(batches="one-length", batch_size=2, shuffle=False)


def test_batches_of_one_length_in_order_go_from_short_to_long() -> None:
    """By hand: of lengths 3 1 3 2 3 1, the places of 1 are 1 and 5, of 2 is 3, of 3 are 0, 2 and 4."""
    made = batches.orders(np.array([3, 1, 3, 2, 3, 1]), ONE_LENGTH, epoch=7)
    assert [batch.tolist() for batch in made] == [[1, 5], [3], [0, 2], [4]]


def test_batches_of_one_length_may_come_in_any_order() -> None:
    lengths = toy_training.examples(captions=200).lengths
    options = ONE_LENGTH.model_copy(update={"shuffle": True})
    made = [batches.orders(lengths, options, epoch) for epoch in range(2)]
    for epoch in made:
        assert sorted(np.concatenate(epoch)) == list(range(200))
        assert all(np.ptp(lengths[batch]) == 0 for batch in epoch)
    first = [lengths[batch[0]] for batch in made[0]]
    assert first != sorted(first)
    assert np.concatenate(made[0]).tolist() != np.concatenate(made[1]).tolist()


def test_captions_that_are_not_shuffled_stay_in_their_windows() -> None:
    size = 2
    lengths = toy_training.examples(captions=2 * size * batches.WINDOW).lengths
    made = [batches.orders(lengths, TrainOptions(batch_size=size, shuffle=False), epoch) for epoch in (0, 1)]
    assert np.array_equal(made[0], made[1])
    first = np.concatenate(made[0][: batches.WINDOW])
    assert sorted(first) == list(range(size * batches.WINDOW))
    assert (np.diff(lengths[first]) <= 0).all()
