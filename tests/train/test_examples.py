"""Captions as arrays: where each lies, which are the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from train.examples import Examples, spread

BOS, EOS = 2, 3
CAPTIONS = st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(4, 9), max_size=5)), max_size=9)


def made(captions: list[tuple[int, list[int]]]) -> Examples:
    photos, texts = [photo for photo, _ in captions], [tokens for _, tokens in captions]
    return Examples.build("abcd", photos, texts, list(range(len(texts))), BOS, EOS)


def test_a_photo_s_captions_lie_together_and_in_order() -> None:
    examples = made([(1, [7]), (0, [4, 5]), (1, []), (0, [6])])
    assert examples.stream.tolist() == [BOS, 4, 5, EOS, BOS, 6, EOS, BOS, 7, EOS, BOS, EOS]
    assert examples.photo.tolist() == [0, 0, 1, 1]
    assert examples.starts.tolist() == [0, 4, 7, 10]
    assert examples.lengths.tolist() == [2, 1, 1, 0]
    assert examples.stars.tolist() == [1, 3, 0, 2]


@given(CAPTIONS)
def test_each_caption_is_found_again(captions: list[tuple[int, list[int]]]) -> None:
    examples = made(captions)
    right = sorted(captions, key=lambda caption: caption[0])
    starts = examples.starts + 1
    found = [examples.stream[s : s + n].tolist() for s, n in zip(starts, examples.lengths, strict=True)]
    assert found == [tokens for _, tokens in right]
    assert examples.photo.tolist() == [photo for photo, _ in right]
    some = examples.some(np.arange(len(right))[::2])
    assert some.hashes().tolist() == examples.hashes()[::2].tolist()


@given(CAPTIONS)
def test_captions_have_one_hash_where_they_are_the_same(captions: list[tuple[int, list[int]]]) -> None:
    right = [tuple(tokens) for _, tokens in sorted(captions, key=lambda caption: caption[0])]
    assert len(set(made(captions).hashes().tolist())) == len(set(right))


def test_one_caption_that_begins_another_is_another() -> None:
    examples = made([(0, [4]), (0, [4, 4]), (0, []), (0, [EOS])])
    assert len(set(examples.hashes().tolist())) == 4


def test_numbers_are_spread() -> None:
    assert spread(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert spread(np.array([], np.int64)).tolist() == []
