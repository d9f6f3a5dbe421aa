"""The decoder's compiled steps against the model's own."""

import numpy as np
import pytest

from tests.train import toy_training
from train.arithmetic.fused_decoder import MAX_SINGLE_ROWS, FusedDecoder


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("table", [0, 2**24])
def test_fused_steps_are_the_models_own(
    injection: str, layers: int, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.fused_decoder.MAX_TABLE_VALUES", table)
    model = toy_training.model(injection=injection, layers=layers)
    fused, random = FusedDecoder(model), np.random.default_rng(0)
    vectors = random.normal(size=(2 * MAX_SINGLE_ROWS, model.sizes.vector)).astype(np.float32)
    plain, state = model.start(vectors), fused.start(vectors)
    for step in range(6):
        tokens = random.integers(0, model.sizes.vocabulary, len(state.cell[0]))
        expected, plain = model.step(plain, tokens)
        logits, state = fused.step(state, tokens)
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
        rows = np.array([1, 1, 0, 3]) if step > 2 else np.arange(len(tokens))[::-1]
        plain, state = plain.select(rows), state.select(rows)
