"""The compiled loss and optimiser against Chainer's own functions, and against numerical gradients."""

from typing import Any

import numpy as np
import pytest

from store.chainer_compat import chainer
from tests.train import toy_training
from train import batches
from train.arithmetic import compiled, reference
from train.arithmetic.arithmetic import Arithmetic, choose
from train.arithmetic.loss import loss
from train.batches import Batch
from train.examples import Examples
from train.model import Array, CaptionModel
from train.options import TrainOptions

EXAMPLES, VECTORS = toy_training.examples(), toy_training.vectors()


def pack(size: int = 16) -> Batch:
    return batches.pack(EXAMPLES, np.arange(size))


def loss_weights(batch: Batch) -> Array:
    return np.random.default_rng(1).random(len(batch.targets), np.float32)


def loss_and_gradients(
    model: CaptionModel, batch: Batch, arithmetic: Arithmetic
) -> tuple[float, Array, dict[str, Array]]:
    model.cleargrads()
    total, losses = loss(model, batch, VECTORS[batch.photos], loss_weights(batch), arithmetic)
    total.backward()
    return float(total.array), losses, {name: parameter.grad for name, parameter in model.namedparams()}


def assert_same(model: CaptionModel, batch: Batch) -> None:
    total, losses, gradients = loss_and_gradients(model, batch, reference)
    fast_total, fast_losses, fast_gradients = loss_and_gradients(model, batch, compiled)
    assert fast_total == pytest.approx(total, rel=1e-6)
    np.testing.assert_allclose(fast_losses, losses, rtol=1e-5, atol=1e-6)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(fast_gradients[name], gradient, rtol=1e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [1, 16, 60])
def test_losses_and_gradients_are_those_of_chainers_functions(injection: str, layers: int, size: int) -> None:
    assert_same(toy_training.model(injection=injection, layers=layers), pack(size))


def test_chunks_of_the_logits_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.arithmetic.compiled.output.CHUNK_BYTES", 7 * 4 * 50)
    assert_same(toy_training.model(), pack())


def test_captions_without_tokens_have_only_their_end_as_target() -> None:
    examples = Examples.build(["a", "b"], [0, 1], [[], []], [0, 0], 2, 3)
    batch = batches.pack(examples, np.arange(2))
    model = toy_training.model()
    vectors, ones = VECTORS[:2], np.ones(2, np.float32)
    losses = [loss(model, batch, vectors, ones, each)[1] for each in (reference, compiled)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("layer", ["inputs", "every", "lstm", "cross_entropy"])
def test_gradients_are_the_numerical_ones(layer: str) -> None:
    batch, random = pack(3), np.random.default_rng(0)

    def array(*shape: int) -> Array:
        return random.standard_normal(shape, np.float32)

    tokens = len(batch.targets)
    functions: dict[str, tuple[Any, tuple[Array, ...]]] = {
        "inputs": (lambda w, p: compiled.inputs(w, p, batch, False), (array(50, 3), array(3, 3))),
        "every": (lambda w, p: compiled.inputs(w, p, batch, True), (array(50, 3), array(3, 3))),
        "lstm": (
            lambda x, u, b, h: compiled.lstm(x, u, b, h, batch.steps),
            (array(tokens, 3), array(16, 3), array(16), array(16, 4)),
        ),
        "cross_entropy": (
            lambda x, w, b: compiled.cross_entropy(x, w, b, batch.targets, loss_weights(batch))[0],
            (array(tokens, 4), array(50, 4), array(50)),
        ),
    }
    function, arrays = functions[layer]
    above = array(*function(*map(chainer.Variable, arrays)).shape)
    variables = [chainer.Variable(values) for values in arrays]
    chainer.functions.sum(function(*variables) * above).backward()
    for number, variable in enumerate(variables):
        expected = numerical(function, arrays, above, number)
        np.testing.assert_allclose(variable.grad, expected, rtol=2e-2, atol=2e-2 * np.abs(expected).max())


def numerical(function: Any, arrays: tuple[Array, ...], above: Array, number: int) -> Array:
    """Return the gradient of sum(function(arrays) * above) by arrays[number], from differences."""
    gradients, step = np.zeros(arrays[number].shape), 1e-2
    for place in np.ndindex(gradients.shape):
        sides = []
        for sign in (1, -1):
            moved = [values.copy() for values in arrays]
            moved[number][place] += sign * step
            sides.append(float((function(*map(chainer.Variable, moved)).array.astype(float) * above).sum()))
        gradients[place] = (sides[0] - sides[1]) / (2 * step)
    return gradients


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["photo_w", "embedding", "lstm0_x", "lstm0_h", "output_w", "output_b"])
def test_nan_is_never_hidden(name: str) -> None:
    model, batch = toy_training.model(), pack()
    getattr(model, name).array[:] = np.nan
    total, _ = loss(model, batch, VECTORS[batch.photos], loss_weights(batch), compiled)
    assert np.isnan(float(total.array))


def test_logits_far_apart_keep_their_losses_exact() -> None:
    hidden = np.array([[1.0], [-1.0], [1.0]], np.float32)
    output = np.array([[80.0], [0.0], [-80.0]], np.float32)
    targets, ones = np.array([0, 0, 2], np.int32), np.ones(3, np.float32)
    inputs, weight, bias = (chainer.Variable(array) for array in (hidden, output, np.zeros(3, np.float32)))
    _, losses = compiled.cross_entropy(inputs, weight, bias, targets, ones)
    np.testing.assert_allclose(losses, [0, 160, 160], rtol=1e-6)


def descent(arithmetic: Arithmetic, steps: int, rate: float, clip: float | None) -> list[float]:
    model = toy_training.model(embedding=8, hidden=12)
    adam = arithmetic.adam(model, rate, clip)
    losses: list[float] = []
    while len(losses) < steps:
        for captions in batches.orders(EXAMPLES.lengths, TrainOptions(), len(losses)):
            batch = batches.pack(EXAMPLES, captions)
            even = np.full(len(batch.targets), 1 / len(batch.targets), np.float32)
            total, _ = loss(model, batch, VECTORS[batch.photos], even, arithmetic)
            model.cleargrads()
            total.backward()
            adam.update()
            losses.append(float(total.array))
    return losses[:steps]


@pytest.mark.compiled
@pytest.mark.parametrize("clip", [None, 0.5])
def test_fifty_updates_are_those_of_chainers_functions_and_optimiser(clip: float | None) -> None:
    slow, fast = (descent(choose(np, kind), 50, 0.003, clip) for kind in (False, True))
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-5)
    assert slow[-1] < slow[0] - 0.1


def test_no_loss_function_is_taken_by_the_compiled_optimiser() -> None:
    adam = compiled.adam(toy_training.model(), 0.01, None)
    with pytest.raises(TypeError):
        adam.update(lambda: None)
