"""Which captions an epoch learns, and what each weighs."""

import numpy as np

from dataset.text.vocabulary import BOS, EOS, UNK
from tests.train import toy_training
from train.examples import Examples
from train.sampling import caption_weights, rare_tokens, sample_captions, with_unknown

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


def rare_words() -> Examples:
    """Return captions in which 7 and 8 occur again and again, and 100 to 199 once each."""
    captions = [[7, 100 + number, 8] for number in range(100)]
    return Examples.build(["a"], [0] * 100, captions, [0] * 100, BOS, EOS)


def test_a_token_is_rare_that_occurs_once() -> None:
    examples = rare_words()
    assert examples.stream[rare_tokens(examples)].tolist() == list(range(100, 200))
    alone = Examples.build(["a"], [0], [[7, 7, UNK, 9]], [0], BOS, EOS)
    assert alone.stream[rare_tokens(alone)].tolist() == [9], "not <UNK>, <BOS> and <EOS>, though once here"


def unknown(rate: float, epoch: int, seed: int = 0) -> list[int]:
    """Return the captions that read <UNK> in the middle, all others being as they were."""
    examples, options = rare_words(), toy_training.options(unk_rate=rate, seed=seed)
    read = with_unknown(examples, rare_tokens(examples), options, epoch)
    assert examples.stream.tolist() == rare_words().stream.tolist(), "the captions themselves stay"
    rows = read.stream.reshape(100, 5)
    assert (rows[:, [0, 1, 3, 4]] == [BOS, 7, 8, EOS]).all()
    is_unknown = rows[:, 2] == UNK
    assert (is_unknown | (rows[:, 2] == np.arange(100, 200))).all()
    return np.flatnonzero(is_unknown).tolist()


def test_rare_tokens_are_unknown_at_the_rate_that_is_set() -> None:
    assert unknown(0.0, 0) == []
    assert unknown(1.0, 0) == list(range(100))
    drawn = [len(unknown(0.3, epoch)) for epoch in range(50)]
    # 5,000 draws of 0.3: the deviation of their mean is 100 * sqrt(0.3 * 0.7 / 5000) = 0.65
    assert abs(np.mean(drawn) - 30) < 4 * 0.65


def test_which_are_unknown_hangs_on_seed_and_epoch_alone() -> None:
    assert unknown(0.5, 3) == unknown(0.5, 3)
    assert unknown(0.5, 3) != unknown(0.5, 4)
    assert unknown(0.5, 3) != unknown(0.5, 3, seed=1)
