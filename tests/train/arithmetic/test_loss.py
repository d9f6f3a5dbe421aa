"""The loss: the same in training and decoding, alone and in a batch, weighted and with dropout."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.train import toy_training
from train import batches
from train.arithmetic import reference
from train.arithmetic.arithmetic import Arithmetic
from train.arithmetic.loss import Dropout, loss
from train.batches import Batch
from train.model import Array, CaptionModel

EXAMPLES, VECTORS = toy_training.examples(), toy_training.vectors()


def pack(*captions: int) -> Batch:
    return batches.pack(EXAMPLES, np.array(captions))


def total(
    model: CaptionModel, batch: Batch, arithmetic: Arithmetic, weights: Array | None = None
) -> tuple[Any, Array]:
    ones = np.ones(len(batch.targets), np.float32)
    return loss(model, batch, VECTORS[batch.photos], ones if weights is None else weights, arithmetic)


def gradients(model: CaptionModel, batch: Batch, arithmetic: Arithmetic) -> dict[str, Array]:
    model.cleargrads()
    total(model, batch, arithmetic)[0].backward()
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
    _, losses = total(model, batch, reference)
    for row, caption in enumerate(batch.captions):
        assert losses[batch.rows == row].sum() == pytest.approx(stepwise(model, int(caption)), rel=1e-5)


def test_a_batchs_loss_is_the_sum_of_its_captions_losses() -> None:
    model = toy_training.model()
    alone = [float(total(model, pack(caption), reference)[0].array) for caption in range(9)]
    assert float(total(model, pack(*range(9)), reference)[0].array) == pytest.approx(sum(alone), rel=1e-6)


def test_a_batchs_gradient_is_the_sum_of_its_captions_gradients() -> None:
    model = toy_training.model()
    together = gradients(model, pack(*range(9)), reference)
    alone = [gradients(model, pack(caption), reference) for caption in range(9)]
    for name, gradient in together.items():
        np.testing.assert_allclose(gradient, sum(one[name] for one in alone), rtol=1e-4, atol=1e-5)


def test_weights_multiply_each_tokens_loss() -> None:
    model, batch = toy_training.model(), pack(1, 2, 3)
    weights = np.linspace(0, 2, len(batch.targets)).astype(np.float32)
    weighted, losses = total(model, batch, reference, weights)
    assert float(weighted.array) == pytest.approx(float((weights * losses).sum()), rel=1e-6)


def test_dropout_is_the_same_for_the_same_update_and_keeps_the_mean() -> None:
    x = np.ones((100, 100), np.float32)
    dropped = Dropout(0.4, 1, 2)(x)
    assert (dropped == Dropout(0.4, 1, 2)(x)).all()
    assert (dropped != Dropout(0.4, 1, 3)(x)).any()
    assert dropped.mean() == pytest.approx(1, abs=0.05)
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.05)
