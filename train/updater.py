"""The updater: one batch after another goes through the loss, its gradients and Adam.

P photos, D components of a photo's vector, N captions of a batch.
"""

import time
from typing import Any, NamedTuple

import numpy as np

from store.chainer_compat import chainer
from store.errors import UserError
from train import batches
from train.arithmetic.arithmetic import Arithmetic
from train.arithmetic.dropout import Dropout
from train.arithmetic.processes import Processes, SingleProcess
from train.arithmetic.rate import learning_rate
from train.article import step_shares
from train.examples import Examples
from train.model import Array, CaptionModel, Photos
from train.options import TrainOptions
from train.sampling import caption_weights, rare_tokens, sample_captions, with_unknown

_TOTALS = ("weighted", "nats", "tokens", "step_means", "captions", "gradient_norm", "updates", "seconds")
"""What an epoch adds up over its updates; see `_Sums`. Norms are those before clipping."""


class _Sums(NamedTuple):
    """What an update's losses add up to over a process's captions; scalars, on the model's device.

    Attributes:
        weighted: the loss, each caption by its weight, divided by the tokens of the whole batch; float64.
        nats: of all tokens, float64.
        step_means: their sum over the steps of the mean over the whole batch, float64; see `train.article`.
    """

    weighted: Any
    nats: Any
    step_means: Any


class _Place(NamedTuple):
    """Where an update stands in a run; each is counted from 0."""

    epoch: int
    position: int
    iteration: int


class Updater(chainer.training.Updater):  # type: ignore[misc]
    """Chainer's updater over packed batches; its whole state is `iteration`, `epoch` and `position`.

    Batches, sampled captions, unknown words, dropout and learning rate are functions of the seed and of that
    state, so a run that resumes from a snapshot continues exactly.

    Args:
        examples: the training captions.
        vectors: (P, D) float32 raw photo vectors, on the model's device.
        arithmetic: what computes losses and gradients, for the model's device.
        processes: those that share each batch; by default this process alone.
        fetch_every: updates between fetches of their losses: on a GPU more than one, so that no update
            waits for the one before.
    """

    def __init__(
        self,
        model: CaptionModel,
        optimizer: Any,
        examples: Examples,
        vectors: Photos,
        options: TrainOptions,
        arithmetic: Arithmetic,
        processes: Processes | None = None,
        fetch_every: int = 1,
    ) -> None:
        self.model, self._optimizer, self.arithmetic = model, optimizer, arithmetic
        self._examples, self.vectors, self._options = examples, vectors, options
        self._weights = caption_weights(examples, options)
        self.iteration = self.epoch = self.position = 0
        self.is_new_epoch = False
        self.captions_per_epoch = len(sample_captions(examples, options, 0))
        self.learning_rate = options.learning_rate
        self._rare = rare_tokens(examples) if options.unk_rate else None
        self._epoch_examples = examples
        self.captions_in_update = 0
        self.totals = dict.fromkeys(_TOTALS, 0.0)
        self.processes: Processes = processes or SingleProcess()
        self._fetch_every = fetch_every
        self._pending: list[tuple[_Place, Array, _Sums, int, Any]] = []
        self._laid_out: tuple[int, list[Array]] = -1, []

    @property
    def epoch_detail(self) -> float:
        """The epochs done, as a fraction."""
        return self.epoch + (self.position / len(self._batches()) if self.position else 0)

    def update(self) -> None:
        """Train on the next batch, and add its losses to `totals`.

        Raises:
            UserError: the loss or its gradient is NaN or infinite; the message names the batch.
        """
        started = time.monotonic()
        captions = self._batches()[self.position]
        tokens = int((self._examples.lengths[captions] + 1).sum())
        share = captions[self.processes.rank :: self.processes.size]
        end = self.epoch + (self.position + 1) / len(self._batches())
        self.learning_rate = self._optimizer.alpha = learning_rate(self._options, self.epoch_detail, end)
        # A diverging run overflows here; `fetch_losses` sees it and says which batch it was.
        with np.errstate(over="ignore", invalid="ignore"):
            sums = self._gradients(share, captions) if len(share) else self._zero_gradients()
            self.processes.sum_gradients(self.model)
            self._optimizer.update()
        place = _Place(self.epoch, self.position, self.iteration)
        self._pending.append((place, captions, sums, tokens, self._optimizer.gradient_norm))
        self.captions_in_update = len(captions)
        self._advance()
        if self.is_new_epoch or len(self._pending) >= self._fetch_every:
            self.fetch_losses()
        self.totals["seconds"] += time.monotonic() - started

    def _gradients(self, share: Array, captions: Array) -> _Sums:
        """Compute the gradients of this process's share of a batch, and return the sums of its losses.

        Args:
            share: (N,) rows of the examples, this process's.
            captions: rows of the whole batch, over all processes: the loss is a mean over its tokens.
        """
        batch = batches.pack(self._epoch_examples, share)
        lengths, xp = self._examples.lengths[captions], self.model.xp
        tokens = int((lengths + 1).sum())
        loss_weights = xp.asarray((self._weights[batch.captions] / tokens)[batch.rows])  # (N,) to (T,)
        # The rank is in the seed, or all processes would drop the same units of different captions.
        seed = (self._options.seed, self.iteration, self.processes.rank)
        dropout = Dropout(self._options.dropout, *seed) if self._options.dropout else None
        vectors = self.vectors[batch.photos]  # (N, D)
        smoothing = self._options.label_smoothing
        losses = self.arithmetic.gradients(
            self.model, batch.on(xp), vectors, loss_weights, smoothing, dropout
        )
        shares = xp.asarray(step_shares(lengths, batch.steps))
        weighted = (losses * loss_weights).sum(dtype=np.float64)
        return _Sums(weighted, losses.sum(dtype=np.float64), (losses * shares).sum())

    def _zero_gradients(self) -> _Sums:
        """Take part in an update whose batch has fewer captions than there are processes."""
        for parameter in self.model.params(False):
            parameter.grad = self.model.xp.zeros_like(parameter.array)
        return _Sums(0.0, 0.0, 0.0)

    def fetch_losses(self) -> None:
        """Add the losses of the updates since the last call to `totals`; a GPU may still be computing them.

        Raises:
            UserError: a loss or gradient is NaN or infinite; the message names the first such batch.
        """
        pending, self._pending = self._pending, []
        for place, captions, sums, tokens, norm in pending:
            mean_loss, gradient_norm = self.processes.sum(float(sums.weighted)), float(norm)
            for name, value in (("loss", mean_loss), ("gradient's norm", gradient_norm)):
                if not np.isfinite(value):
                    raise UserError(self._diverged(name, value, place, captions))
            self.totals["weighted"] += mean_loss * tokens
            self.totals["nats"] += self.processes.sum(float(sums.nats))
            self.totals["tokens"] += tokens
            self.totals["step_means"] += self.processes.sum(float(sums.step_means))
            self.totals["captions"] += len(captions)
            self.totals["gradient_norm"] += gradient_norm
            self.totals["updates"] += 1

    def _batches(self) -> list[Array]:
        """Return the batches of this epoch: of each its captions, (N,) rows of the examples."""
        options, (epoch, laid_out) = self._options, self._laid_out
        if epoch != self.epoch:
            if self._rare is not None:
                self._epoch_examples = with_unknown(self._examples, self._rare, options, self.epoch)
            sampled = sample_captions(self._examples, options, self.epoch)
            lengths = self._examples.lengths[sampled]
            laid_out = [sampled[batch] for batch in batches.orders(lengths, options, self.epoch)]
            self._laid_out = self.epoch, laid_out
        return laid_out

    def _advance(self) -> None:
        self.iteration += 1
        self.position += 1
        self.is_new_epoch = self.position == len(self._batches())
        if self.is_new_epoch:
            self.epoch, self.position = self.epoch + 1, 0

    def _diverged(self, name: str, value: float, place: _Place, captions: Array) -> str:
        photos = ", ".join(str(self._examples.photos[row])[:12] for row in self._examples.photo[captions[:3]])
        return (
            f"The {name} became {value} in epoch {place.epoch + 1}, batch {place.position + 1} "
            f"(update {place.iteration + 1}; photos {photos}…), and training stopped. Lower "
            f"train.learning_rate ({self._options.learning_rate}) or train.clip ({self._options.clip})."
        )

    def get_optimizer(self, name: str) -> Any:
        """Return the one optimizer."""
        return self._optimizer

    def get_all_optimizers(self) -> dict[str, Any]:
        """Return the one optimizer by its name."""
        return {"main": self._optimizer}

    def connect_trainer(self, trainer: Any) -> None:
        """Do nothing: this updater needs nothing of its trainer."""

    def finalize(self) -> None:
        """Do nothing: this updater holds nothing to close."""
