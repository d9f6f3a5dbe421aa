"""What an arithmetic is, and the one place that chooses: for training, for evaluation and for decoding.

There are two. `train.arithmetic.reference` is made of Chainer's own functions and of plain array functions:
it is what one reads to understand the model, and it runs on any device. `train.arithmetic.compiled` runs on
the CPU, faster, and is tested against the reference. Each is a package with the functions of `Arithmetic`.

N captions or photos, T target tokens packed as `train.batches.Batch` says, D components of a photo's vector,
E embedding, H hidden, V vocabulary; I inputs of an LSTM, E or H.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from train.batches import Batch
from train.model import Array, CaptionModel

Variable = Any
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
    """How a model is computed. The first three are the parts of `train.arithmetic.loss.loss`."""

    def inputs(self, embedding: Variable, photo: Variable, batch: Batch, every: bool, /) -> Variable:
        """Return what the first LSTM reads, (T, E): the tokens' embeddings with the photos added."""

    def lstm(
        self, x: Variable, weights_x: Variable, bias: Variable, weights_h: Variable, steps: Array, /
    ) -> Variable:
        """Return the outputs of an LSTM over packed captions, (T, H)."""

    def cross_entropy(
        self, hidden: Variable, weights: Variable, bias: Variable, targets: Array, loss_weights: Array, /
    ) -> tuple[Variable, Array]:
        """Return the weighted loss, to differentiate, and each token's own, (T,) float32 in nats."""

    def adam(self, model: CaptionModel, rate: float, limit: float | None, /) -> Any:
        """Return Chainer's optimizer for `model`; `limit` is the largest norm of the whole gradient."""

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
