"""The three parts of the loss in Chainer's own functions: what the fused ones are checked against.

N captions, T target tokens packed as `train.batches.Batch` says, E embedding, H hidden, V vocabulary.
"""

from typing import Any

from store.chainer_compat import chainer
from train.batches import Batch
from train.model import Array

F = chainer.functions
Variable = Any


def inputs(embedding: Variable, photo: Variable, batch: Batch, every: bool) -> Variable:
    """Return what the first LSTM reads, (T, E): rows of embedding (V, E), photo (N, E) added."""
    flow = F.embed_id(batch.inputs, embedding)
    if every:
        return flow + photo[batch.rows]
    first = int(batch.steps[0])
    if first == len(batch.inputs):
        return flow + photo
    return F.concat([flow[:first] + photo, flow[first:]], axis=0)


def lstm(flow: Variable, upward: Variable, bias: Variable, lateral: Variable, steps: Array) -> Variable:
    """Return an LSTM's outputs (T, H); its gates are input, forget, output, candidate."""
    size = lateral.shape[1]
    hidden = cell = None
    outputs, start = [], 0
    for count in map(int, steps):
        gates = F.linear(flow[start : start + count], upward, bias)
        if hidden is not None:
            gates += F.linear(hidden[:count], lateral)
        enter, keep, leave = (F.sigmoid(gates[:, part * size : (part + 1) * size]) for part in range(3))
        fresh = enter * F.tanh(gates[:, 3 * size :])
        cell = fresh if cell is None else keep * cell[:count] + fresh
        hidden = leave * F.tanh(cell)
        outputs.append(hidden)
        start += count
    return F.concat(outputs, axis=0)


def cross_entropy(
    flow: Variable, weight: Variable, bias: Variable, targets: Array, weights: Array
) -> tuple[Variable, Array]:
    """Return the weighted loss and each token's own.

    Args:
        flow: (T, H) the last LSTM's outputs.
        weight: (V, H) of the output layer; `bias` (V,).
        targets: (T,) int32 ids.
        weights: (T,) float32, what each token's loss counts.

    Returns:
        The sum of weights x negative log-likelihoods, a scalar to differentiate; and the unweighted
        negative log-likelihoods (T,) in nats.
    """
    losses = F.softmax_cross_entropy(F.linear(flow, weight, bias), targets, reduce="no", normalize=False)
    return F.sum(losses * weights), losses.array
