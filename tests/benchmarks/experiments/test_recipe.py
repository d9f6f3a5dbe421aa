"""The published code's recipe: held to Chainer's own LSTM, and to photos and draws that are known."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.experiments.recipe.carry import Carrying, State
from benchmarks.experiments.recipe.dropout import Fc7, Redrawn
from benchmarks.experiments.recipe.preprocessing import MEANS, prepared
from store.chainer_compat import chainer
from tests.train import toy_training
from train import batches
from train.arithmetic import reference
from train.model import Array

INPUTS, HIDDEN = 3, 2
CHAINERS = [4 * unit + gate for gate in (1, 2, 3, 0) for unit in range(HIDDEN)]
"""Where Chainer has the rows that are here those of the input, forget and output gate and the candidate."""


def chainers() -> chainer.links.LSTM:
    link = chainer.links.LSTM(INPUTS, HIDDEN)
    random = np.random.default_rng(1)
    for parameter in link.params():
        parameter.array[...] = random.standard_normal(parameter.shape)
    return link


def test_the_state_goes_on_as_that_of_chainers_lstm() -> None:
    """Batches of three, of two and of three captions again: the third row waits for its turn."""
    link, random = chainers(), np.random.default_rng(0)
    ours = [link.upward.W.array, link.upward.b.array, link.lateral.W.array]
    weights_x, bias, weights_h = (chainer.Variable(array[CHAINERS]) for array in ours)
    state = State(3, HIDDEN)
    for rows, steps in ((3, 4), (2, 2), (3, 1)):
        x = random.standard_normal((steps, rows, INPUTS)).astype(np.float32)
        expected = np.concatenate([link(step).array for step in x])
        found = state.lstm(
            chainer.Variable(x.reshape(-1, INPUTS)), weights_x, bias, weights_h, np.full(steps, rows)
        )
        np.testing.assert_allclose(found.array, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(state.hidden, link.h.array, rtol=1e-5, atol=1e-6)


def test_a_caption_that_ends_early_leaves_the_state_of_its_last_token() -> None:
    """Two captions of three and one tokens; then one more step for both."""
    link, random = chainers(), np.random.default_rng(0)
    ours = [link.upward.W.array, link.upward.b.array, link.lateral.W.array]
    weights_x, bias, weights_h = (chainer.Variable(array[CHAINERS]) for array in ours)
    first, second = random.standard_normal((2, 4, INPUTS)).astype(np.float32)
    state = State(2, HIDDEN)
    state.lstm(
        chainer.Variable(np.stack([first[0], second[0], first[1], first[2]])),
        weights_x,
        bias,
        weights_h,
        np.array([2, 1, 1]),
    )
    found = state.lstm(
        chainer.Variable(np.stack([first[3], second[3]])), weights_x, bias, weights_h, np.array([2])
    ).array
    for row, tokens in enumerate((first, second[[0, 3]])):
        link.reset_state()
        for token in tokens:
            expected = link(token[None]).array
        np.testing.assert_allclose(found[row], expected[0], rtol=1e-5, atol=1e-6)


def test_a_first_batch_has_the_gradients_of_the_reference_and_the_second_has_not() -> None:
    examples, vectors = toy_training.examples(captions=8), toy_training.vectors()
    batch = batches.pack(examples, np.arange(8))
    even = np.full(len(batch.targets), 1 / len(batch.targets), np.float32)
    model, carrying = toy_training.model(), Carrying(8, 6)

    def learned(arithmetic: object) -> tuple[Array, Array]:
        losses = arithmetic.gradients(model, batch, vectors[batch.photos], even)  # type: ignore[attr-defined]
        return losses, model.lstm0_h.grad.copy()

    expected, first, second = learned(reference), learned(carrying), learned(carrying)
    np.testing.assert_allclose(first[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(first[1], expected[1], rtol=1e-4, atol=1e-7)
    assert np.abs(second[0] - expected[0]).max() > 1e-3
    measured = carrying.losses(model, batch, vectors[batch.photos])
    np.testing.assert_allclose(measured, expected[0], rtol=1e-5, err_msg="what is measured carries nothing")


def gradient(width: int, height: int) -> Image.Image:
    """Return a photo whose red is its column and green its row, both modulo 256; blue is 7."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns % 256, rows % 256, np.full_like(rows, 7)], axis=2)
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def test_of_a_square_photo_the_middle_is_cut_out_as_it_is() -> None:
    """The middle 227 of 327 are columns 50 to 276, in R, G, B minus the means of B, G, R."""
    found = prepared(gradient(327, 327))
    assert found.shape == (3, 227, 227)
    np.testing.assert_allclose(found[0, 0], np.arange(50, 277) % 256 - MEANS[0], atol=1e-4)
    np.testing.assert_allclose(found[1, :, 0], np.arange(50, 277) % 256 - MEANS[1], atol=1e-4)
    np.testing.assert_allclose(found[2], 7 - MEANS[2], atol=1e-4)


def test_an_upright_photo_is_cut_and_not_scaled_up_to_twice_its_width() -> None:
    as_it_is = prepared(gradient(227, 427))[1, :, 0]
    np.testing.assert_allclose(as_it_is, np.arange(100, 327) % 256 - MEANS[1], atol=1e-4)
    twice = prepared(gradient(300, 600))  # 600 // 300 is 2: the middle square, scaled
    columns = (np.arange(100, 110) + 0.5) * 300 / 227 - 0.5
    np.testing.assert_allclose(twice[0, 0, 100:110], columns - MEANS[0], atol=1)


def test_a_wide_photo_is_cut_to_a_square_and_scaled() -> None:
    """The middle square of 654 x 454 begins at column 100, and shrinks to half: pixel 10 is 120 and 121."""
    found = prepared(gradient(654, 454))
    np.testing.assert_allclose(found[0, 0, 10:60], np.arange(120.5, 220, 2) - MEANS[0], atol=1)


def test_a_photo_with_a_short_side_is_refused_as_there() -> None:
    with pytest.raises(ValueError, match="300x226"):
        prepared(gradient(300, 226))


@pytest.fixture
def fc7() -> Fc7:
    random = np.random.default_rng(0)
    return Fc7(random.standard_normal((400, 300)).astype(np.float32), np.full(400, 200, np.float32))


def test_half_of_the_values_are_dropped_and_the_rest_doubled(fc7: Fc7) -> None:
    fc6 = np.ones((50, 300), np.float32)
    drawn = fc7.drawn(fc6, 1)
    assert (drawn == 0).mean() == pytest.approx(0.5, abs=0.02)
    # Dropping is right on average: fc7 is linear here, since its bias keeps it above zero.
    assert drawn.mean() == pytest.approx(fc7(fc6).mean(), rel=0.05)
    kept = drawn[drawn > 0] / 2
    assert kept.std() > fc7(fc6).std(), "fc6 was dropped as well"


def test_draws_differ_between_updates_and_captions_and_come_again(fc7: Fc7) -> None:
    update = 0
    photos = Redrawn(np.ones((3, 300), np.float32), fc7, lambda: (5, update))
    first, again = photos[np.array([0, 0])], photos[np.array([0, 0])]
    assert np.array_equal(first, again), "a run that goes on after a kill draws the same"
    assert not np.array_equal(first[0], first[1]), "each caption of a photo has its own"
    update = 1
    assert not np.array_equal(first, photos[np.array([0, 0])])
    assert photos.shape == (3, 400)
    assert len(photos) == 3
