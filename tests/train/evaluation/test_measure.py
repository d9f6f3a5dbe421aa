"""Losses of captions: the same on any number of threads; a sample of captions is always the same one."""

import numpy as np

from tests.train import toy_training
from train.arithmetic.arithmetic import choose
from train.evaluation.losses import sampled
from train.evaluation.measure import caption_losses


def test_losses_do_not_depend_on_the_number_of_threads() -> None:
    model, examples, vectors = toy_training.model(), toy_training.examples(700), toy_training.vectors()
    alone, together = (caption_losses(model, examples, vectors, choose(np), threads) for threads in (1, 3))
    np.testing.assert_array_equal(alone, together)
    assert (alone > 0).all()


def test_captions_of_a_sample_have_the_losses_that_they_have_among_all() -> None:
    model, examples, vectors = toy_training.model(), toy_training.examples(700), toy_training.vectors()
    some = sampled(examples, 50)
    assert len(some) == 50
    assert (np.diff(some.starts) > 0).all()
    rows = np.searchsorted(examples.starts, some.starts)
    found, right = (caption_losses(model, each, vectors, choose(np)) for each in (some, examples))
    np.testing.assert_allclose(found, right[rows], rtol=1e-5)
    assert sampled(examples, 50).starts.tolist() == some.starts.tolist()
    assert sampled(examples, 700) is examples
