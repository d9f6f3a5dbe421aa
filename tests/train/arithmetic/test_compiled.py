"""The compiled loss and optimiser against Chainer's own functions, and against numerical gradients."""

import platform
from typing import Any

import numpy as np
import pytest

from tests.train import toy_training
from train import batches
from train.arithmetic import compiled, reference
from train.arithmetic.arithmetic import Arithmetic, choose
from train.arithmetic.compiled import output
from train.arithmetic.compiled.blas import multiply, multiply_plainly
from train.arithmetic.compiled.denormals import FLUSHED, exchange
from train.arithmetic.compiled.jit import compiled as compile_it
from train.arithmetic.dropout import Dropout
from train.batches import Batch
from train.examples import Examples
from train.model import Array, CaptionModel
from train.options import TrainOptions

EXAMPLES, VECTORS = toy_training.examples(), toy_training.vectors()


def pack(size: int = 16) -> Batch:
    return batches.pack(EXAMPLES, np.arange(size))


def loss_weights(batch: Batch) -> Array:
    return np.random.default_rng(1).random(len(batch.targets), np.float32)


def losses_and_gradients(
    arithmetic: Arithmetic, model: CaptionModel, batch: Batch, smoothing: float = 0.0, dropout: float = 0.0
) -> dict[str, Array]:
    drop = Dropout(dropout, 1, 2) if dropout else None
    losses = arithmetic.gradients(model, batch, VECTORS[batch.photos], loss_weights(batch), smoothing, drop)
    return {"losses": losses} | {name: parameter.grad.copy() for name, parameter in model.namedparams()}


def assert_same(model: CaptionModel, batch: Batch, **settings: float) -> None:
    slow, fast = (losses_and_gradients(each, model, batch, **settings) for each in (reference, compiled))
    np.testing.assert_allclose(fast.pop("losses"), slow.pop("losses"), rtol=1e-5, atol=1e-6)
    for name, gradient in slow.items():
        np.testing.assert_allclose(fast[name], gradient, rtol=1e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [1, 16, 60])
def test_losses_and_gradients_are_those_of_chainers_functions(injection: str, layers: int, size: int) -> None:
    assert_same(toy_training.model(injection=injection, layers=layers), pack(size))


@pytest.mark.parametrize("injection", ["first", "every"])
def test_so_they_are_with_smoothed_targets_and_dropout(injection: str) -> None:
    assert_same(toy_training.model(injection=injection, layers=2), pack(), smoothing=0.1, dropout=0.3)


def test_losses_alone_are_those_of_an_update() -> None:
    model, batch = toy_training.model(layers=2), pack()
    losses = losses_and_gradients(compiled, model, batch)["losses"]
    gradient = model.output_w.grad.copy()
    for arithmetic in (reference, compiled):
        found = arithmetic.losses(model, batch, VECTORS[batch.photos])
        np.testing.assert_allclose(found, losses, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.output_w.grad, gradient)


@pytest.mark.parametrize("tokens", [7, 300])
@pytest.mark.parametrize("width", [16, 48])
def test_neither_chunks_of_tokens_nor_blocks_of_the_vocabulary_change_anything(
    tokens: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.compiled.memory.SCORES_BYTES", tokens * 4 * 50)
    monkeypatch.setattr("train.arithmetic.compiled.output.WIDTH", width)
    assert output.blocks(50, 1) == (-(-50 // width), {16: 16, 48: 32}[width])
    assert_same(toy_training.model(), pack(60), smoothing=0.1)


def test_captions_without_tokens_have_only_their_end_as_target() -> None:
    examples = Examples.build(["a", "b"], [0, 1], [[], []], [0, 0], 2, 3)
    assert_same(toy_training.model(), batches.pack(examples, np.arange(2)))


@pytest.mark.compiled
@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize(("layers", "smoothing"), [(1, 0.0), (2, 0.2)])
def test_gradients_are_the_numerical_ones(injection: str, layers: int, smoothing: float) -> None:
    model, batch = toy_training.model(injection=injection, layers=layers, vocabulary=50), pack(3)
    random, weights = np.random.default_rng(0), loss_weights(batch)
    found = losses_and_gradients(compiled, model, batch, smoothing)
    for name, parameter in model.namedparams():
        # Along a random direction: the difference of two losses is then well above float32's last digits.
        direction = random.standard_normal(parameter.shape, np.float32)
        before, sides = parameter.array.copy(), []
        for step in (1e-2, -1e-2):
            parameter.array[...] = before + np.float32(step) * direction
            sides.append(smoothed_loss(model, batch, weights, smoothing))
        parameter.array[...] = before
        expected = (sides[0] - sides[1]) / 2e-2
        slope = float((found[name].astype(float) * direction).sum())
        assert slope == pytest.approx(expected, rel=2e-2, abs=2e-2), name


def smoothed_loss(model: CaptionModel, batch: Batch, weights: Array, smoothing: float) -> float:
    """Return the loss that is differentiated, from Chainer's functions: the compiled ones keep no logits."""
    total, _ = reference.loss.loss(model, batch, VECTORS[batch.photos], weights, smoothing)
    return float(total.array)


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["photo_w", "embedding", "lstm0_x", "lstm0_h", "output_w", "output_b"])
def test_nan_is_never_hidden(name: str) -> None:
    model, batch = toy_training.model(), pack()
    getattr(model, name).array[:] = np.nan
    assert np.isnan(losses_and_gradients(compiled, model, batch)["losses"]).any()


def test_logits_far_apart_keep_their_losses_exact() -> None:
    model, batch = toy_training.model(), pack(2)
    model.output_w.array[:] = 0
    model.output_b.array[:] = -80
    model.output_b.array[batch.targets[0]] = 80
    expected = np.where(batch.targets == batch.targets[0], 0, 160)
    np.testing.assert_allclose(compiled.losses(model, batch, VECTORS[batch.photos]), expected, rtol=1e-6)


@compile_it()
def products(left: Array, right: Array, out: Array, keep: int, plainly: bool) -> None:
    if plainly:
        multiply_plainly(left, right, out, keep)
    else:
        multiply(left, right, out, keep)


@pytest.mark.parametrize("plainly", [False, True])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("shape", [(7, 5, 9), (1, 5, 9), (7, 1, 9), (7, 5, 1), (1, 1, 1)])
def test_a_product_reads_parts_and_transposed_arrays_as_they_lie(
    shape: tuple[int, int, int], keep: int, plainly: bool
) -> None:
    random, (rows, inner, columns) = np.random.default_rng(0), shape
    large = random.standard_normal((20, 20), np.float32)
    for left in (large[2 : 2 + rows, 3 : 3 + inner], large[2 : 2 + inner, 3 : 3 + rows].T):
        for right in (large[4 : 4 + inner, 1 : 1 + columns], large[4 : 4 + columns, 1 : 1 + inner].T):
            out = random.standard_normal((rows + 2, columns + 3), np.float32)
            expected = out.astype(float)
            part = expected[1 : 1 + rows, 2 : 2 + columns]
            part[...] = keep * part + left.astype(float) @ right.astype(float)
            products(left, right, out[1 : 1 + rows, 2 : 2 + columns], keep, plainly)
            np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


@compile_it()
def halved(values: Array) -> None:
    before = exchange(FLUSHED)
    for place in range(len(values)):
        values[place] *= np.float32(0.5)
    exchange(before)


@pytest.mark.compiled
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the register is x86's")
def test_numbers_too_small_for_a_whole_float_become_zero_and_only_there() -> None:
    values = np.full(9, 1.2e-38, np.float32)
    halved(values)
    assert not values.any()
    assert np.float32(1.2e-38) * np.float32(0.5) > 0


def descent(
    arithmetic: Arithmetic, steps: int, rate: float, clip: float | None, **habits: float
) -> dict[str, list[float]]:
    """Return losses and gradient norms of updates whose step size falls."""
    model = toy_training.model(embedding=8, hidden=12)
    adam = arithmetic.adam(model, rate, clip, habits.get("decay", 0.0))
    losses: list[float] = []
    norms: list[float] = []
    while len(losses) < steps:
        for captions in batches.orders(EXAMPLES.lengths, TrainOptions(), len(losses)):
            batch = batches.pack(EXAMPLES, captions)
            even = np.full(len(batch.targets), 1 / len(batch.targets), np.float32)
            vectors, smoothing = VECTORS[batch.photos], habits.get("smoothing", 0.0)
            losses.append(float(arithmetic.gradients(model, batch, vectors, even, smoothing).mean()))
            adam.alpha = rate * (1 - len(losses) / (2 * steps))
            adam.update()
            norms.append(float(adam.gradient_norm))
    return {"losses": losses[:steps], "norms": norms[:steps]}


@pytest.mark.compiled
@pytest.mark.parametrize(("clip", "habits"), [(None, {}), (0.5, {}), (0.5, {"decay": 0.5, "smoothing": 0.1})])
def test_fifty_updates_are_those_of_chainers_functions_and_optimiser(
    clip: float | None, habits: dict[str, Any]
) -> None:
    slow, fast = (descent(choose(np, kind), 50, 0.003, clip, **habits) for kind in (False, True))
    np.testing.assert_allclose(fast["losses"], slow["losses"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(fast["norms"], slow["norms"], rtol=1e-3)
    assert slow["losses"][-1] < slow["losses"][0] - 0.05


@pytest.mark.parametrize("arithmetic", [reference, compiled])
def test_an_update_with_decay_is_the_one_computed_by_hand(arithmetic: Arithmetic) -> None:
    """Kingma and Ba 2015, algorithm 1, after Loshchilov and Hutter 2019, algorithm 2, in float64."""
    model = toy_training.model()
    adam = arithmetic.adam(model, 0.01, None, 0.3)
    before = {name: parameter.array.astype(float) for name, parameter in model.namedparams()}
    gradients = {
        name: np.random.default_rng(len(name)).standard_normal(values.shape)
        for name, values in before.items()
    }
    for name, parameter in model.namedparams():
        parameter.grad = gradients[name].astype(np.float32)
    adam.update()
    norm = sum((gradient**2).sum() for gradient in gradients.values()) ** 0.5
    assert float(adam.gradient_norm) == pytest.approx(norm, rel=1e-5)
    for name, parameter in model.namedparams():
        first, second = 0.1 * gradients[name], 0.001 * gradients[name] ** 2
        step = 0.01 * (first / (1 - 0.9)) / (np.sqrt(second / (1 - 0.999)) + 1e-8)
        kept = 1 - 0.01 * 0.3 if parameter.ndim > 1 else 1
        np.testing.assert_allclose(parameter.array, kept * before[name] - step, rtol=1e-4, atol=1e-5)


def test_no_loss_function_is_taken_by_the_compiled_optimiser() -> None:
    adam = compiled.adam(toy_training.model(), 0.01, None)
    with pytest.raises(TypeError):
        adam.update(lambda: None)
