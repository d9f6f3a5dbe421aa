"""The compiled answers about a step's scores against plain NumPy's, and fused steps against the model's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.train import toy_training
from train.arithmetic.fused_steps import FEW, FusedSteps
from train.captions.ranking import BLOCK, compilable, largest, log_sum_exp, survey

SCORES = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])),
    elements=st.sampled_from([-np.inf, -3e4, -90.0, -1.5, -0.0, 0.0, 0.25, 7.0, 3e4]),
    fill=st.sampled_from([-np.inf, -2.0, 0.5]),
)


@given(scores=SCORES, k=st.integers(1, 12))
def test_the_largest_are_those_of_a_stable_sort(scores: np.ndarray, k: int) -> None:
    k = min(k, scores.shape[1])
    assert compilable(scores)
    assert not compilable(scores.astype(np.float64))
    gains, columns = largest(scores, k)
    plain_gains, plain_columns = largest(scores.astype(np.float64), k)
    np.testing.assert_array_equal(gains, plain_gains)
    finite = np.isfinite(gains)
    np.testing.assert_array_equal(columns[finite], plain_columns[finite])


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, 5 * BLOCK + 3])
@pytest.mark.parametrize("spread", [0.1, 5.0, 60.0])
def test_the_normaliser_is_exact(size: int, spread: float) -> None:
    scores = np.random.default_rng(size).normal(3, spread, (7, size)).astype(np.float32)
    scores[0] = scores[0, 0]
    np.testing.assert_allclose(
        log_sum_exp(scores), log_sum_exp(scores.astype(np.float64)), rtol=1e-6, atol=1e-6
    )
    shifted = scores - np.float32(1000)
    np.testing.assert_allclose(log_sum_exp(shifted), log_sum_exp(scores) - 1000, rtol=1e-6)


def test_what_is_impossible_adds_nothing() -> None:
    scores = np.full((2, BLOCK + 2), -np.inf, np.float32)
    scores[:, BLOCK + 1] = 3
    np.testing.assert_allclose(log_sum_exp(scores), 3, rtol=1e-6)
    gains, columns = largest(scores, 2)
    assert gains[:, 0].tolist() == [3, 3]
    assert columns[:, 0].tolist() == [BLOCK + 1] * 2
    assert np.isneginf(gains[:, 1]).all()


def test_what_is_asked_is_not_changed() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 700)).astype(np.float32)
    before = scores.copy()
    log_sum_exp(scores), largest(scores, 3)
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("table", [0, 2**24])
def test_fused_steps_are_the_models_steps(
    injection: str, layers: int, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.fused_steps.LARGEST_TABLE", table)
    model = toy_training.model(injection=injection, layers=layers)
    fused, random = FusedSteps(model), np.random.default_rng(0)
    vectors = random.normal(size=(2 * FEW, model.sizes.vector)).astype(np.float32)
    before, state = model.start(vectors), fused.start(vectors)
    for step in range(6):
        tokens = random.integers(0, model.sizes.vocabulary, len(state.cell[0]))
        expected, before = model.step(before, tokens)
        scores, state = fused.step(state, tokens)
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
        rows = np.array([1, 1, 0, 3]) if step > 2 else np.arange(len(tokens))[::-1]
        before, state = before.select(rows), state.select(rows)


def test_scores_lowered_after_the_survey_are_ranked_as_they_are() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 3 * BLOCK)).astype(np.float32)
    _, peaks = survey(scores)
    scores[:, largest(scores, 5)[1]] = -np.inf
    for lowered, plain in zip(largest(scores, 5, peaks), largest(scores.astype(float), 5), strict=True):
        np.testing.assert_array_equal(lowered, plain)
