"""What an arithmetic is, and the one place that chooses: for training, for evaluation and for decoding.

There are two. `train.arithmetic.reference` is made of Chainer's own functions and of plain array functions:
it is what one reads to understand the model, and it runs on any device. `train.arithmetic.compiled` runs on
the CPU, faster, and is tested against the reference. Each is a package with the functions of `Arithmetic`.

N captions or photos, T target tokens packed as `train.batches.Batch` says, D components of a photo's vector,
V vocabulary.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.dropout import Dropout
from train.batches import Batch
from train.model import Array, CaptionModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Ranking(Protocol):
    """What decoding asks of a step's logits (N, V), where they are; the answers are on the host."""

    def log_sum_exp(self, logits: Any, /) -> tuple[Floats, Any]:
        """Return log(sum(exp(row))) of each row, and a note for `top_k`.

        Logits minus it are log-probabilities; of log-probabilities it is 0.

        Returns:
            (N,) float64; and the note, which is the arithmetic's own.
        """

    def top_k(self, logits: Any, k: int, note: Any, /) -> tuple[Floats, Ints]:
        """Return the k largest logits of each row, and their columns, largest first.

        Of equal logits the first column comes first. Where a row has fewer than k finite logits, -inf and any
        column fill the rest.

        Args:
            logits: those of `log_sum_exp`; they may have been lowered since.
            k: at most V.
            note: what `log_sum_exp` returned; used up.

        Returns:
            (N, k) float64 and (N, k) int64.
        """


class State(Protocol):
    """A decoder's state for N unfinished captions."""

    def select(self, rows: Any, /) -> Self:
        """Return the state of `rows` (M,) int64, in this order; a row may be dropped or repeated."""


class Decoder(Protocol):
    """A model that writes token by token. What it is given is on the host; logits are on its device."""

    @property
    def ranking(self) -> Ranking:
        """What its logits are read with."""

    def start(self, vectors: Any, /) -> State:
        """Return the state before the first token, which is to be <BOS>, for (N, D) float32 raw vectors."""

    def step(self, state: Any, tokens: Any, /) -> tuple[Any, State]:
        """Read one more token of each caption.

        Args:
            state: what `start` or the last `step` returned.
            tokens: (N,) int ids.

        Returns:
            (N, V) float logits of the token that follows, which the caller may overwrite: log-probabilities
            plus a constant of each row, which is `Ranking.log_sum_exp`. And the state after `tokens`.
        """


class Arithmetic(Protocol):
    """How a model is computed."""

    def losses(self, model: CaptionModel, batch: Batch, vectors: Array, /) -> Array:
        """Return each target token's negative log-likelihood.

        Args:
            model: the model; nothing of it is changed.
            batch: N captions, T target tokens, on the model's device.
            vectors: (N, D) float32, the raw vectors of the batch's photos, on the model's device.

        Returns:
            (T,) float32 in nats, on the model's device.
        """

    def gradients(
        self,
        model: CaptionModel,
        batch: Batch,
        vectors: Array,
        loss_weights: Array,
        smoothing: float = 0.0,
        dropout: Dropout | None = None,
        /,
    ) -> Array:
        """Fill the gradients of a batch's loss, those of the last call overwritten; see `losses`.

        Args:
            loss_weights: (T,) float32, the weight of each token's loss in the sum that is differentiated.
            smoothing: the share of each target that is spread evenly over the vocabulary.
            dropout: None drops nothing.

        Returns:
            (T,) float32, each token's loss in nats: unweighted, and not smoothed.
        """

    def adam(self, model: CaptionModel, rate: float, limit: float | None, decay: float = 0.0, /) -> Any:
        """Return Chainer's optimizer for `model`.

        Its `alpha` is the step size, which may change before any update. After an update `gradient_norm` is
        the norm of the whole gradient before clipping: a float, or a scalar on the model's device.

        Args:
            rate: the step size.
            limit: the largest norm of the whole gradient; None limits nothing.
            decay: each update multiplies the matrices, not the biases, by 1 - step size x decay beforehand.
        """

    def decoder(self, model: CaptionModel, /) -> Decoder:
        """Return a decoder with the weights that the model has now."""

    def threads(self, count: int, /) -> AbstractContextManager[None]:
        """Return a block within which all this runs on `count` threads of the CPU."""


def choose(xp: Any, compiled: bool = True) -> Arithmetic:
    """Return the arithmetic for a model.

    Args:
        xp: the module of the model's arrays, NumPy or CuPy: compiled code reads arrays on the host only.
        compiled: False asks for the reference everywhere.
    """
    # Imported here: Chainer and Numba take a second each.
    if xp is np and compiled:
        import train.arithmetic.compiled

        return train.arithmetic.compiled
    import train.arithmetic.reference

    return train.arithmetic.reference
