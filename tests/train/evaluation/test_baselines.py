"""The baselines of the loss, on examples small enough to work out by hand."""

import math

import pytest

from dataset.text.vocabulary import BOS, EOS, UNK
from train.evaluation.baselines import memorised, uniform, unigram, verbatim
from train.examples import Examples


def examples(*captions: tuple[int, list[int]]) -> Examples:
    photos = sorted({photo for photo, _ in captions})
    texts = [tokens for _, tokens in captions]
    rows = [photo for photo, _ in captions]
    return Examples.build([str(photo) for photo in photos], rows, texts, [0] * len(rows), BOS, EOS)


def test_one_caption_a_photo_can_be_memorised_without_loss() -> None:
    assert memorised(examples((0, [5, 6]), (1, [5, 7]), (2, [5, 6]))) == 0


def test_several_captions_a_photo_cost_the_choice_between_them() -> None:
    made = examples((0, [5, 6]), (0, [5, 7]), (1, [8]))
    assert memorised(made) == pytest.approx(2 * math.log(2) / (3 + 3 + 2))


def test_a_caption_that_a_photo_has_twice_is_likelier() -> None:
    made = examples((0, [5]), (0, [5]), (0, [6]))
    assert memorised(made) == pytest.approx((2 * math.log(3 / 2) + math.log(3)) / 6)


def test_the_unigram_entropy_is_that_of_the_targets() -> None:
    made = examples((0, [5]), (1, [6]))  # targets: 5 EOS 6 EOS
    assert unigram(made, made, 7) == pytest.approx(1.5 * math.log(2))
    assert uniform(7) == math.log(7)


def test_the_unigram_loss_of_known_tokens_leaves_unknown_ones_out() -> None:
    train, dev = examples((0, [5]), (1, [6])), examples((0, [5, UNK]))  # train's targets: 5 EOS 6 EOS
    counts = {5: 1 + 1, EOS: 2 + 1, UNK: 0 + 1}  # add one, of 4 + 7
    nats = {token: -math.log(count / 11) for token, count in counts.items()}
    assert unigram(train, dev, 7) == pytest.approx((nats[5] + nats[UNK] + nats[EOS]) / 3)
    assert unigram(train, dev, 7, known=True) == pytest.approx((nats[5] + nats[EOS]) / 2)


def test_verbatim_are_the_captions_that_are_known_word_for_word() -> None:
    known = examples((0, [5, 6]), (0, [7]), (1, [UNK, 5]), (2, []))
    assert verbatim([[5, 6], [7], [7], [6, 5]], known).tolist() == [1, 1, 1, 0]
    found = verbatim([[5], [5, 6, 5], [], [UNK, 5]], known)
    assert found.tolist() == [0, 0, 1, 0]  # nobody knows which words <UNK> were
