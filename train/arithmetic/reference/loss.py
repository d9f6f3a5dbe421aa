"""The loss of a batch in Chainer's own functions: what the compiled arithmetic is tested against.

N captions, T target tokens packed as `train.batches.Batch` says, D components of a photo's vector, E
embedding, H hidden, V vocabulary; I inputs of an LSTM, E or H.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.dropout import Dropout
from train.batches import Batch
from train.model import Array, CaptionModel

F = chainer.functions
Variable = Any


def losses(model: CaptionModel, batch: Batch, vectors: Array) -> Array:
    """Return each target token's loss, (T,) float32; see `train.arithmetic.arithmetic.Arithmetic`."""
    even = model.xp.ones(len(batch.targets), np.float32)
    with chainer.no_backprop_mode(), chainer.using_config("train", False):  # they hold for a thread
        return loss(model, batch, vectors, even)[1]


def gradients(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float = 0.0,
    dropout: Dropout | None = None,
) -> Array:
    """Fill the gradients, return losses (T,); see `train.arithmetic.arithmetic.Arithmetic`."""
    model.cleargrads()
    total, each = loss(model, batch, vectors, loss_weights, smoothing, dropout)
    total.backward()
    for parameter in model.params(False):
        if parameter.grad is None:  # where no caption has a second token, no recurrent weight took part
            parameter.grad = model.xp.zeros_like(parameter.array)
    return each


def loss(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float = 0.0,
    dropout: Dropout | None = None,
) -> tuple[Variable, Array]:
    """Return the loss of a batch, to differentiate, and each target token's own.

    Returns:
        The weighted sum, a float32 scalar Variable, with label smoothing in it; and the unweighted losses
        (T,) float32 in nats, without.

    Compare Vinyals et al. 2015, Show and Tell, where the photo is an input of its own before the first token.
    """

    def drop(x: Variable) -> Variable:
        return x * model.xp.asarray(dropout.mask(*x.shape)) if dropout else x

    photo = F.linear(model.standardised(vectors), model.photo_w, model.photo_b)
    x = inputs(model.embedding, photo, batch, model.sizes.injection == "every")  # (T, E)
    for layer in range(model.sizes.layers):
        weights_x, bias, weights_h = (getattr(model, f"lstm{layer}_{part}") for part in ("x", "b", "h"))
        x = lstm(drop(x), weights_x, bias, weights_h, batch.steps)  # (T, H)
    return cross_entropy(drop(x), model.output_w, model.output_b, batch.targets, loss_weights, smoothing)


def inputs(embedding: Variable, photo: Variable, batch: Batch, every: bool) -> Variable:
    """Return what the first LSTM reads: the tokens' embeddings with the photos added.

    Args:
        embedding: (V, E) float32.
        photo: (N, E) float32, the projected photo vector of each caption.
        batch: N captions of T target tokens.
        every: add the photo to every token, not only to each caption's <BOS>.

    Returns:
        (T, E) float32.
    """
    x = F.embed_id(batch.inputs, embedding)
    if every:
        return x + photo[batch.rows]
    count = int(batch.steps[0])  # N: the first tokens of a packed batch are the captions' <BOS>
    if count == len(batch.inputs):  # all captions are empty: nothing follows <BOS>
        return x + photo
    first, others = F.split_axis(x, [count], axis=0)
    return F.concat([first + photo, others], axis=0)


def lstm(x: Variable, weights_x: Variable, bias: Variable, weights_h: Variable, steps: Array) -> Variable:
    """Return the outputs of an LSTM over packed captions.

    Args:
        x: (T, I) float32.
        weights_x: (4H, I) float32; the gates are input, forget, output, candidate.
        bias: (4H,) float32.
        weights_h: (4H, H) float32.
        steps: (longest,) ints, the captions that are not over at each step.

    Returns:
        (T, H) float32.

    Source: Gers, Schmidhuber, Cummins 2000: an LSTM with a forget gate, without peepholes.
    """
    counts = [int(count) for count in steps]
    hidden = cell = None
    outputs = []
    # Split, not sliced: on a GPU the backward pass of a slice scatters, that of a split concatenates.
    for x_step in F.split_axis(x, np.cumsum(counts)[:-1], axis=0):
        gates = F.linear(x_step, weights_x, bias)  # (count, 4H)
        if hidden is not None:
            gates += F.linear(_first(hidden, len(x_step)), weights_h)
        *three, candidate = F.split_axis(gates, 4, axis=1)
        input_gate, forget_gate, output_gate = map(F.sigmoid, three)
        new = input_gate * F.tanh(candidate)
        cell = new if cell is None else forget_gate * _first(cell, len(x_step)) + new
        hidden = output_gate * F.tanh(cell)
        outputs.append(hidden)
    return F.concat(outputs, axis=0)


def _first(rows: Variable, count: int) -> Variable:
    """Return the first rows of (N, H): captions that have ended are the last ones."""
    return rows if count == len(rows) else F.split_axis(rows, [count], axis=0)[0]


def cross_entropy(
    hidden: Variable,
    weights: Variable,
    bias: Variable,
    targets: Array,
    loss_weights: Array,
    smoothing: float = 0.0,
) -> tuple[Variable, Array]:
    """Return the weighted loss and each token's own.

    Args:
        hidden: (T, H) float32, the last LSTM's outputs.
        weights: (V, H) float32, of the output layer.
        bias: (V,) float32.
        targets: (T,) int32 ids.
        loss_weights: (T,) float32, the weight of each token's loss in the sum.
        smoothing: the share of each target that is spread evenly over the vocabulary.

    Returns:
        The sum of loss_weights x cross-entropies with the smoothed targets, a float32 scalar to
        differentiate; and the negative log-likelihoods (T,) float32 in nats, unweighted and not smoothed.

    Source: of label smoothing, Szegedy et al. 2016, Rethinking the Inception Architecture, section 7.
    """
    logits = F.linear(hidden, weights, bias)  # (T, V)
    losses = F.softmax_cross_entropy(logits, targets, reduce="no", normalize=False)
    if not smoothing:
        return F.sum(losses * loss_weights), losses.array
    even = -F.average(F.log_softmax(logits), axis=1)  # (T,) the cross-entropy with even targets
    smoothed = (1 - smoothing) * losses + smoothing * even
    return F.sum(smoothed * loss_weights), losses.array
