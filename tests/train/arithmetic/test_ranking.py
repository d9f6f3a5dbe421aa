"""The compiled log-sum-exp and top-k of a step's logits, against plain NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from train.arithmetic.compiled.ranking import BLOCK, log_sum_exp, top_k
from train.arithmetic.reference import ranking as reference

LOGITS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])),
    elements=st.sampled_from([-np.inf, -3e4, -90.0, -1.5, -0.0, 0.0, 0.25, 7.0, 3e4]),
    fill=st.sampled_from([-np.inf, -2.0, 0.5]),
)


@pytest.mark.compiled
@given(logits=LOGITS, k=st.integers(1, 12))
def test_the_top_k_are_those_of_a_stable_sort(logits: np.ndarray, k: int) -> None:
    k = min(k, logits.shape[1])
    values, columns = top_k(logits, k, log_sum_exp(logits)[1])
    plain_values, plain_columns = reference.top_k(logits, k)
    np.testing.assert_array_equal(values, plain_values)
    finite = np.isfinite(values)
    np.testing.assert_array_equal(columns[finite], plain_columns[finite])


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, 5 * BLOCK + 3])
@pytest.mark.parametrize("spread", [0.1, 5.0, 60.0])
def test_the_log_sum_exp_is_exact(size: int, spread: float) -> None:
    logits = np.random.default_rng(size).normal(3, spread, (7, size)).astype(np.float32)
    logits[0] = logits[0, 0]
    np.testing.assert_allclose(
        log_sum_exp(logits)[0], reference.log_sum_exp(logits.astype(np.float64))[0], rtol=1e-6, atol=1e-6
    )
    shifted = logits - np.float32(1000)
    np.testing.assert_allclose(log_sum_exp(shifted)[0], log_sum_exp(logits)[0] - 1000, rtol=1e-6)


def test_logits_of_minus_infinity_add_nothing() -> None:
    logits = np.full((2, BLOCK + 2), -np.inf, np.float32)
    logits[:, BLOCK + 1] = 3
    sums, maxima = log_sum_exp(logits)
    np.testing.assert_allclose(sums, 3, rtol=1e-6)
    values, columns = top_k(logits, 2, maxima)
    assert values[:, 0].tolist() == [3, 3]
    assert columns[:, 0].tolist() == [BLOCK + 1] * 2
    assert np.isneginf(values[:, 1]).all()


def test_the_logits_are_not_changed() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 700)).astype(np.float32)
    before = logits.copy()
    top_k(logits, 3, log_sum_exp(logits)[1])
    np.testing.assert_array_equal(logits, before)


def test_logits_lowered_after_the_maxima_are_ranked_as_they_are_now() -> None:
    logits = np.random.default_rng(1).normal(size=(4, 3 * BLOCK)).astype(np.float32)
    _, maxima = log_sum_exp(logits)
    logits[:, reference.top_k(logits, 5)[1]] = -np.inf
    for lowered, plain in zip(top_k(logits, 5, maxima), reference.top_k(logits, 5), strict=True):
        np.testing.assert_array_equal(lowered, plain)
