"""The threads of an update: all at once, errors to the caller, the same bits every time."""

import signal
import threading
import time

import numpy as np
import pytest

from tests.train import toy_training
from train import batches
from train.arithmetic import compiled
from train.arithmetic.compiled.meeting import meet
from train.arithmetic.compiled.optimizer import BLOCK
from train.arithmetic.compiled.pool import pool_size, pool_threads, together
from train.arithmetic.threads import worthwhile_threads
from train.model import Array

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("cores", "sharing", "tokens", "expected"),
    [(8, 1, 320, 8), (8, 2, 320, 4), (2, 4, 320, 1), (8, 1, 1, 1)],
)
def test_updates_get_the_cores_that_a_process_has_for_itself(
    cores: int, sharing: int, tokens: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.threads.cores", lambda: cores)
    assert worthwhile_threads(tokens, 870, 100, sharing) == expected


def test_every_thread_works_at_the_same_time() -> None:
    barrier, seen = threading.Barrier(3, timeout=10), set[tuple[int, int]]()

    def work(thread: int, counter: Array) -> None:
        barrier.wait()
        seen.add((thread, threading.get_ident()))
        assert meet(counter, 3)

    with pool_threads(3):
        assert pool_size() == 3
        together(work)
    assert sorted(thread for thread, _ in seen) == [0, 1, 2]
    assert len({ident for _, ident in seen}) == 3
    assert (0, threading.get_ident()) in seen


def test_without_a_pool_the_caller_works_alone() -> None:
    given: list[int] = []
    together(lambda thread, _: given.append(thread))
    assert given == [0]
    assert pool_size() == 1


def test_nobody_goes_on_before_all_have_met() -> None:
    written, wrong = np.zeros(3, np.int64), list[int]()

    def work(thread: int, counter: Array) -> None:
        for turn in range(1, 51):
            time.sleep(0.0001 * (thread == turn % 3))
            written[thread] = turn
            assert meet(counter, 3)
            wrong.extend(written[written < turn])
            assert meet(counter, 3)

    with pool_threads(3):
        together(work)
        together(work)
    assert not wrong


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_where_one_thread_fails_nobody_waits_for_it(failing: int) -> None:
    alone: list[int] = []

    def work(thread: int, counter: Array) -> None:
        if thread == failing:
            raise ValueError(f"in thread {thread}")
        if not meet(counter, 3):
            alone.append(thread)

    with pool_threads(3):
        with pytest.raises(ValueError, match=f"in thread {failing}"):
            together(work)
        together(lambda _, counter: meet(counter, 3))
    assert sorted(alone) == sorted({0, 1, 2} - {failing})


def test_a_signal_ends_the_callers_work_and_nobody_waits_for_it() -> None:
    alone: list[int] = []

    def work(thread: int, counter: Array) -> None:
        if thread == 0:
            signal.raise_signal(signal.SIGINT)
        if not meet(counter, 2):
            alone.append(thread)

    with pytest.raises(KeyboardInterrupt), pool_threads(2):
        together(work)
    assert alone == [1]


def test_threads_take_the_callers_settings_for_what_overflows() -> None:
    large = np.full(4, 1e30, np.float32)

    def work(thread: int, counter: Array) -> None:
        large * large
        meet(counter, 2)

    with pool_threads(2), np.errstate(over="ignore"):
        together(work)
    with pool_threads(2), np.errstate(over="raise"), pytest.raises(FloatingPointError):
        together(work)


def losses_and_gradients(threads: int, captions: int) -> dict[str, Array]:
    examples, model = toy_training.examples(), toy_training.model(layers=2, injection="every")
    batch = batches.pack(examples, np.arange(captions))
    ones = np.ones(len(batch.targets), np.float32)
    with pool_threads(threads):
        losses = compiled.gradients(model, batch, toy_training.vectors()[batch.photos], ones)
    return {"losses": losses} | {name: parameter.grad for name, parameter in model.namedparams()}


@pytest.mark.parametrize(("threads", "captions"), [(2, 33), (3, 33), (3, 2), (2, 1)])
@pytest.mark.parametrize("scores_bytes", [100 * 2**20, 4 * 50 * 11])
def test_a_pool_computes_what_one_thread_does_and_the_same_bits_every_time(
    threads: int, captions: int, scores_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = losses_and_gradients(1, captions)
    monkeypatch.setattr("train.arithmetic.compiled.memory.SCORES_BYTES", scores_bytes)
    pool, again = (losses_and_gradients(threads, captions) for _ in range(2))
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
