"""A batch's losses and gradients on the CPU; see `train.arithmetic.arithmetic.Arithmetic`."""

import numpy as np

from train.arithmetic.compiled.memory import memory, weights
from train.arithmetic.compiled.pool import pool_size, together
from train.arithmetic.compiled.update import Given, update
from train.arithmetic.dropout import Dropout
from train.batches import Batch
from train.model import Array, CaptionModel

NO_MASKS = np.empty((0, 0), np.float32)


def losses(model: CaptionModel, batch: Batch, vectors: Array) -> Array:
    """Return each target token's loss, (T,) float32."""
    return _run(model, batch, vectors, np.ones(len(batch.targets), np.float32), 0.0, None, learns=False)


def gradients(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float = 0.0,
    dropout: Dropout | None = None,
) -> Array:
    """Fill the gradients, return losses (T,)."""
    return _run(model, batch, vectors, loss_weights, smoothing, dropout, learns=True)


def _run(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float,
    dropout: Dropout | None,
    *,
    learns: bool,
) -> Array:
    """Run the compiled function in all threads; return losses (T,), as the batch has its tokens."""
    sizes, tokens = model.sizes, len(batch.targets)
    widths = [sizes.embedding, *[sizes.hidden] * sizes.layers]
    given = Given(
        model.mean,
        model.scale,
        np.ascontiguousarray(vectors, np.float32),
        batch.inputs,
        batch.targets,
        np.ascontiguousarray(loss_weights, np.float32),
        batch.steps,
        tuple(dropout.mask(tokens, width) if dropout else NO_MASKS for width in widths),
        dropout is not None,
        sizes.injection == "every",
        np.float32(smoothing),
        learns,
    )
    parameters = weights(model)
    slopes = weights(model, "grad") if learns else parameters
    threads = pool_size()
    made = memory(sizes, batch, threads, dropout is not None, learns)
    together(lambda thread, counter: update(thread, threads, counter, given, parameters, slopes, made))
    found = np.empty(tokens, np.float32)
    found[made.order] = made.losses
    return found
