"""The threads of an update: every row to one thread, errors to the caller, the same bits every time."""

import time

import numpy as np
import pytest

from tests.train import toy_training
from train import batches
from train.arithmetic import compiled, threads
from train.arithmetic.compiled.optimizer import BLOCK
from train.arithmetic.threads import divide, pool_threads, product
from train.model import Array

RANDOM = np.random.default_rng(0)


@pytest.fixture
def fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even the smallest work be divided."""
    monkeypatch.setattr(threads, "MIN_ROWS", 1)
    monkeypatch.setattr("train.arithmetic.compiled.output.MIN_ROWS", 1)
    monkeypatch.setattr("train.arithmetic.compiled.packed_lstm.MIN_CAPTIONS", 1)


@pytest.mark.parametrize(("count", "least", "sizes"), [(10, 1, [3, 3, 4]), (10, 4, [5, 5]), (2, 4, [2])])
def test_every_row_is_given_to_one_thread(count: int, least: int, sizes: list[int]) -> None:
    given: list[slice] = []
    with pool_threads(3):
        divide(count, given.append, least)
    assert sorted(part.stop - part.start for part in given) == sizes
    assert sorted(row for part in given for row in range(count)[part]) == list(range(count))


def test_without_a_pool_the_work_is_one_slice() -> None:
    given: list[slice] = []
    divide(7, given.append)
    assert given == [slice(0, 7)]


def test_what_fails_in_a_thread_fails_for_the_caller() -> None:
    def fail(part: slice) -> None:
        if part.start:
            raise ValueError(part)

    with pool_threads(2), pytest.raises(ValueError, match="slice"):
        divide(8, fail)


def test_no_thread_still_works_when_the_callers_own_share_has_failed() -> None:
    ended: list[int] = []

    def work(part: slice) -> None:
        if not part.start:
            raise ValueError("the caller's")
        time.sleep(0.05)
        ended.append(part.start)

    with pool_threads(3), pytest.raises(ValueError, match="the caller's"):
        try:
            divide(9, work)
        finally:
            assert sorted(ended) == [3, 6]


def test_threads_take_the_callers_settings_for_what_overflows() -> None:
    large = np.full((64, 64), 1e30, np.float32)
    with pool_threads(2), np.errstate(over="ignore", invalid="ignore"):
        assert np.isinf(product(large, large)).all()
    with pool_threads(2), np.errstate(over="raise"), pytest.raises(FloatingPointError):
        product(large, large)


def losses_and_gradients(count: int) -> dict[str, Array]:
    examples, model = toy_training.examples(), toy_training.model(layers=2, injection="every")
    batch = batches.pack(examples, np.arange(33))
    ones = np.ones(len(batch.targets), np.float32)
    with pool_threads(count):
        losses = compiled.gradients(model, batch, toy_training.vectors()[batch.photos], ones)
    return {"losses": losses} | {name: parameter.grad for name, parameter in model.namedparams()}


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.usefixtures("fine")
def test_a_pool_computes_what_one_thread_does_and_the_same_bits_every_time(count: int) -> None:
    alone, pool, again = losses_and_gradients(1), losses_and_gradients(count), losses_and_gradients(count)
    for name, values in alone.items():
        np.testing.assert_allclose(pool[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
        np.testing.assert_array_equal(again[name], pool[name], err_msg=name)


def test_the_optimiser_gives_the_same_bits_on_any_number_of_threads() -> None:
    gradients = RANDOM.standard_normal((3 * BLOCK // 7 + 5, 7), np.float32)
    found = []
    for count in (1, 2, 3):
        model = toy_training.model(vocabulary=len(gradients), embedding=7)
        adam = compiled.adam(model, 0.01, 1.0)
        model.embedding.grad = gradients
        with pool_threads(count):
            adam.update()
        found.append(model.embedding.array)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])
