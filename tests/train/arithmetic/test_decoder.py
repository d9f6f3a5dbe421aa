"""The compiled decoder's steps against the reference's."""

import numpy as np
import pytest

from tests.train import toy_training
from train.arithmetic import compiled, reference
from train.arithmetic.compiled.decoding import MAX_SINGLE_ROWS


@pytest.mark.parametrize("injection", ["first", "every"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("table", [0, 2**24])
def test_compiled_steps_are_the_references(
    injection: str, layers: int, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.compiled.decoding.MAX_TABLE_VALUES", table)
    model = toy_training.model(injection=injection, layers=layers)
    fast, slow, random = compiled.decoder(model), reference.decoder(model), np.random.default_rng(0)
    vectors = random.normal(size=(2 * MAX_SINGLE_ROWS, model.sizes.vector)).astype(np.float32)
    plain, state = slow.start(vectors), fast.start(vectors)
    for step in range(6):
        tokens = random.integers(0, model.sizes.vocabulary, len(state.cell[0]))
        expected, plain = slow.step(plain, tokens)
        logits, state = fast.step(state, tokens)
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
        rows = np.array([1, 1, 0, 3]) if step > 2 else np.arange(len(tokens))[::-1]
        plain, state = plain.select(rows), state.select(rows)
