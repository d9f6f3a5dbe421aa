"""A ranker learns a taste that depends on the photo, and cannot without the photo."""

import numpy as np
import pyarrow.compute as pc
import pytest

from store.errors import UserError
from tests.train.ranking import taste
from train.ranking.captions import ranked
from train.ranking.judged import judged
from train.ranking.learn import all_scores, learn, scaling
from train.ranking.words import kinds

PHOTOS = 2000


def test_what_is_liked_depends_on_the_photo_and_that_is_learned() -> None:
    train, held, words = taste.captions(PHOTOS), taste.captions(50), kinds(taste.VOCABULARY)
    seeing, blind = learn(train, taste.vectors(PHOTOS), words, 0), learn(train, None, words, 0)
    found = judged(
        held,
        {"seeing": all_scores(seeing, held, taste.vectors(50)), "blind": all_scores(blind, held, None)},
    )
    assert found["seeing"]["accuracy"] == 1
    # "a c" and "b c" win half of the time; that "c" never wins is all that captions alone tell.
    assert found["blind"]["accuracy"] == pytest.approx(0.75, abs=0.01)


def test_the_same_seed_learns_the_same() -> None:
    train, vectors = taste.captions(60), taste.vectors(60)
    one, again, other = (learn(train, vectors, kinds(taste.VOCABULARY), seed).tensors() for seed in (1, 1, 2))
    assert all((one[name] == again[name]).all() for name in one)
    assert (one["photo_w"] != other["photo_w"]).any()


def test_captions_without_a_pair_are_told() -> None:
    nothing = ranked(taste.table(2).filter(pc.equal(taste.table(2)["stars"], 0)), taste.VOCABULARY)
    with pytest.raises(UserError, match=r"Of 2 captions no two of a photo.*train\.ranker"):
        learn(nothing, None, kinds(taste.VOCABULARY), 0)


def test_vectors_are_centred_and_have_length_1_on_average() -> None:
    vectors = np.random.default_rng(0).normal(3, [1, 5, 0.1], (500, 3)).astype(np.float32)
    mean, scale = scaling(vectors)
    scaled = (vectors - mean) * scale
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    assert (scaled**2).sum(axis=1).mean() == pytest.approx(1)
    assert scaling(np.ones((4, 3), np.float32))[1].tolist() == [1, 1, 1]
