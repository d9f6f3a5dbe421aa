"""Losses of captions: the same on any number of threads; a sample of captions is always the same one."""

import numpy as np
import pytest

from dataset.text.vocabulary import BOS, EOS, UNK
from tests.train import plain_model, toy_training
from train.arithmetic.arithmetic import choose
from train.evaluation.losses import sampled
from train.evaluation.measure import caption_losses
from train.examples import Examples


def test_losses_do_not_depend_on_the_number_of_threads() -> None:
    model, examples, vectors = toy_training.model(), toy_training.examples(700), toy_training.vectors()
    alone, together = (
        caption_losses(model, examples, vectors, choose(np), threads).nats for threads in (1, 3)
    )
    np.testing.assert_array_equal(alone, together)
    assert (alone > 0).all()


def test_captions_of_a_sample_have_the_losses_that_they_have_among_all() -> None:
    model, examples, vectors = toy_training.model(), toy_training.examples(700), toy_training.vectors()
    some = sampled(examples, 50)
    assert len(some) == 50
    assert (np.diff(some.starts) > 0).all()
    rows = np.searchsorted(examples.starts, some.starts)
    found, right = (caption_losses(model, each, vectors, choose(np)).nats for each in (some, examples))
    np.testing.assert_allclose(found, right[rows], rtol=1e-5)
    assert sampled(examples, 50).starts.tolist() == some.starts.tolist()
    assert sampled(examples, 700) is examples


def test_unknown_tokens_are_told_apart_in_the_same_pass() -> None:
    texts = [[5, UNK, 7], [UNK], [9, 8], []]
    examples = Examples.build(["a", "b"], [0, 0, 1, 1], texts, [0] * 4, BOS, EOS)
    model, vectors = toy_training.model(), toy_training.vectors(2)
    tensors = {name: tensor.astype(np.float64) for name, tensor in model.tensors().items()}
    by_token = [
        plain_model.token_nats(tensors, vectors[photo], ids)
        for photo, ids in zip((0, 0, 1, 1), texts, strict=True)
    ]
    found = caption_losses(model, examples, vectors, choose(np))
    np.testing.assert_allclose(found.nats, [sum(nats) for nats in by_token], rtol=1e-5)
    np.testing.assert_allclose(found.unknown_nats, [by_token[0][1], by_token[1][0], 0, 0], rtol=1e-5)
    assert found.tokens.tolist() == [4, 2, 3, 1]
    assert found.unknown.tolist() == [1, 1, 0, 0]
    total, unknown = sum(map(sum, by_token)), by_token[0][1] + by_token[1][0]
    assert found.per_token == pytest.approx(total / 10, rel=1e-5)
    assert found.per_known_token == pytest.approx((total - unknown) / 8, rel=1e-5)
    # 4 + 2 + 6 + 0 characters, and four ends.
    assert found.per_character(np.array([4, 2, 6, 0])) == pytest.approx(total / 16, rel=1e-5)
