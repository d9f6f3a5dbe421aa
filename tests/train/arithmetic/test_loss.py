"""The loss: the same in training and decoding, alone and in a batch, weighted and with dropout."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.train import toy_training
from train import batches
from train.arithmetic import reference
from train.arithmetic.dropout import Dropout
from train.arithmetic.reference.loss import loss
from train.batches import Batch
from train.model import Array, CaptionModel

EXAMPLES, VECTORS = toy_training.examples(), toy_training.vectors()


def pack(*captions: int) -> Batch:
    return batches.pack(EXAMPLES, np.array(captions))


def total(
    model: CaptionModel, batch: Batch, weights: Array | None = None, smoothing: float = 0.0
) -> tuple[Any, Array]:
    ones = np.ones(len(batch.targets), np.float32)
    return loss(model, batch, VECTORS[batch.photos], ones if weights is None else weights, smoothing)


def gradients(model: CaptionModel, batch: Batch) -> dict[str, Array]:
    model.cleargrads()
    total(model, batch)[0].backward()
    return {name: parameter.grad.copy() for name, parameter in model.namedparams()}


def stepwise(model: CaptionModel, caption: int) -> float:
    """Return a caption's loss as the decoder computes it, a token at a time."""
    start, length = EXAMPLES.starts[caption], EXAMPLES.lengths[caption]
    decoder = reference.decoder(model)
    state, nats = decoder.start(VECTORS[[EXAMPLES.photo[caption]]]), 0.0
    for token, target in pairwise(EXAMPLES.stream[start : start + length + 2]):
        logits, state = decoder.step(state, np.array([token]))
        nats -= float(logits[0, target] - decoder.ranking.log_sum_exp(logits)[0][0])
    return nats


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
def test_training_and_decoding_compute_the_same_losses(injection: str, layers: int) -> None:
    model = toy_training.model(injection=injection, layers=layers)
    batch = pack(*range(20))
    _, losses = total(model, batch)
    for row, caption in enumerate(batch.captions):
        assert losses[batch.rows == row].sum() == pytest.approx(stepwise(model, int(caption)), rel=1e-5)


def test_a_batchs_loss_is_the_sum_of_its_captions_losses() -> None:
    model = toy_training.model()
    alone = [float(total(model, pack(caption))[0].array) for caption in range(9)]
    assert float(total(model, pack(*range(9)))[0].array) == pytest.approx(sum(alone), rel=1e-6)


def test_a_batchs_gradient_is_the_sum_of_its_captions_gradients() -> None:
    model = toy_training.model()
    together = gradients(model, pack(*range(9)))
    alone = [gradients(model, pack(caption)) for caption in range(9)]
    for name, gradient in together.items():
        np.testing.assert_allclose(gradient, sum(one[name] for one in alone), rtol=1e-4, atol=1e-5)


def test_weights_multiply_each_tokens_loss() -> None:
    model, batch = toy_training.model(), pack(1, 2, 3)
    weights = np.linspace(0, 2, len(batch.targets)).astype(np.float32)
    weighted, losses = total(model, batch, weights)
    assert float(weighted.array) == pytest.approx(float((weights * losses).sum()), rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_a_smoothed_target_is_shared_with_the_whole_vocabulary(smoothing: float) -> None:
    """By the definition: cross-entropy with 1 - s more at the target than s / V; the loss stays plain."""
    model, batch = toy_training.model(), pack(1, 2, 3)
    _, plain = total(model, batch)
    smoothed, losses = total(model, batch, smoothing=smoothing)
    np.testing.assert_array_equal(losses, plain)
    decoder = reference.decoder(model)
    expected = 0.0
    for caption in (1, 2, 3):
        start, length = EXAMPLES.starts[caption], EXAMPLES.lengths[caption]
        state = decoder.start(VECTORS[[EXAMPLES.photo[caption]]])
        for token, target in pairwise(EXAMPLES.stream[start : start + length + 2]):
            logits, state = decoder.step(state, np.array([token]))
            logits = logits[0].astype(np.float64)
            wanted = np.full(len(logits), smoothing / len(logits))
            wanted[target] += 1 - smoothing
            expected -= float(wanted @ (logits - np.log(np.exp(logits).sum())))
    assert float(smoothed.array) == pytest.approx(expected, rel=1e-5)


def test_dropout_is_the_same_for_the_same_update_and_keeps_the_mean() -> None:
    dropped = Dropout(0.4, 1, 2).mask(100, 100)
    assert (dropped == Dropout(0.4, 1, 2).mask(100, 100)).all()
    assert (dropped != Dropout(0.4, 1, 3).mask(100, 100)).any()
    assert dropped.mean() == pytest.approx(1, abs=0.05)
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.05)
    assert set(np.unique(dropped)) == {0, np.float32(1) / np.float32(0.6)}
