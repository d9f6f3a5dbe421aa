"""Which captions an epoch learns, and what each weighs."""

import numpy as np

from dataset.text.vocabulary import BOS, EOS
from tests.train import toy_training
from train.examples import Examples
from train.sampling import caption_weights, sample_captions

STARS = [5, 9, 9, 0, 100_000, 3]
EXAMPLES = Examples.build(["a", "b", "c"], [0, 0, 0, 1, 1, 2], [[7]] * 6, STARS, BOS, EOS)


def test_one_to_one_takes_the_caption_with_most_stars_the_first_of_equals() -> None:
    assert sample_captions(EXAMPLES, toy_training.options(sampling="one-to-one"), 0).tolist() == [1, 4, 5]


def test_one_to_one_can_draw_and_then_stays_with_what_it_drew() -> None:
    seen = set()
    for seed in range(20):
        options = toy_training.options(sampling="one-to-one", choose="draw", seed=seed)
        assert (
            sample_captions(EXAMPLES, options, 0).tolist() == sample_captions(EXAMPLES, options, 7).tolist()
        )
        seen |= set(sample_captions(EXAMPLES, options, 0).tolist())
    assert seen == set(range(6))


def test_one_per_epoch_draws_anew_each_epoch() -> None:
    options = toy_training.options(sampling="one-per-epoch")
    draws = [sample_captions(EXAMPLES, options, epoch).tolist() for epoch in range(40)]
    assert all(EXAMPLES.photo[draw].tolist() == [0, 1, 2] for draw in draws)
    assert {row for draw in draws for row in draw} == set(range(6))


def test_many_to_one_takes_all_or_the_best_of_each_photo() -> None:
    assert sorted(sample_captions(EXAMPLES, toy_training.options(), 0)) == list(range(6))
    capped = toy_training.options(max_captions_per_photo=2)
    assert sorted(sample_captions(EXAMPLES, capped, 0)) == [1, 2, 3, 4, 5]


def test_weights_are_one_on_average_and_grow_with_the_logarithm_of_stars() -> None:
    assert caption_weights(EXAMPLES, toy_training.options()).tolist() == [1] * 6
    found = caption_weights(EXAMPLES, toy_training.options(weight="stars"))
    assert np.isclose(found.mean(), 1)
    assert found.dtype == np.float32
    assert np.isclose(found[4] / found[3], np.log(100_002) / np.log(2))
