"""One update after another: the next batch, its loss, its gradients, Adam."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from store.errors import UserError
from train import batches
from train.arithmetic.loss import Dropout, loss
from train.examples import Examples
from train.model import Array, CaptionModel
from train.options import TrainOptions
from train.processes import Alone, Processes
from train.sampling import drawn, weights


class Updater(chainer.training.Updater):  # type: ignore[misc]
    """Chainer's updater over packed batches. Where it stands is `iteration`, `epoch` and `position` alone.

    Order, draws and dropout are functions of the seed and of where the updater stands, so a run that goes
    on from a snapshot goes on exactly.

    Args:
        examples: the training captions.
        vectors: (P, D) raw photo vectors, on the model's device.
        parts: `train.arithmetic.reference` or `train.arithmetic.fused`.
        processes: those that share the work; by default this one does it all.
        settle_every: updates after which their losses are fetched: on a GPU more than one, so that no
            update waits for the last.
    """

    def __init__(
        self,
        model: CaptionModel,
        optimizer: Any,
        examples: Examples,
        vectors: Array,
        options: TrainOptions,
        parts: ModuleType,
        processes: Processes | None = None,
        settle_every: int = 1,
    ) -> None:
        self.model, self._optimizer, self._parts = model, optimizer, parts
        self._examples, self._vectors, self._options = examples, vectors, options
        self._weights = weights(examples, options)
        self.iteration = self.epoch = self.position = 0
        self.is_new_epoch = False
        self.captions_per_epoch = len(drawn(examples, options, 0))
        self.batches_per_epoch = -(-self.captions_per_epoch // options.batch_size)
        self.captions = 0
        self.totals = {"weighted": 0.0, "nats": 0.0, "tokens": 0.0}
        self.processes: Processes = processes or Alone()
        self._settle_every = settle_every
        self._unsettled: list[tuple[int, Array, Any, Any, int]] = []
        self._epoch_batches: Iterator[Array] | None = None

    @property
    def epoch_detail(self) -> float:
        """The epochs done, as a fraction."""
        return self.epoch + self.position / self.batches_per_epoch

    def update(self) -> None:
        """Learn from the next batch, and add its losses to `totals`.

        Raises:
            UserError: the loss is NaN or infinite; the message names the batch.
        """
        whole = self._next()
        tokens = int((self._examples.lengths[whole] + 1).sum())
        mine = whole[self.processes.rank :: self.processes.size]
        self.model.cleargrads()
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes of that is checked in `settle`
            weighted, nats = self._learn(mine, tokens) if len(mine) else self._learn_nothing()
            self.processes.add_gradients(self.model)
            self._optimizer.update()
        self._unsettled.append((self.iteration, whole, weighted, nats, tokens))
        self.captions = len(whole)
        self._advance()
        if self.is_new_epoch or len(self._unsettled) >= self._settle_every:
            self.settle()

    def _learn(self, captions: Array, tokens: int) -> tuple[Any, Any]:
        """Compute the gradients of a batch of `tokens` by this process's captions of it, and their losses."""
        batch = batches.pack(self._examples, captions)
        xp = self.model.xp
        shares = xp.asarray((self._weights[batch.captions] / tokens)[batch.rows])
        dropout = self._options.dropout
        seed = (self._options.seed, self.iteration, self.processes.rank)
        drop = Dropout(dropout, *seed) if dropout else None
        vectors = self._vectors[batch.photos]
        total, losses = loss(self.model, batch.on(xp), vectors, shares, parts=self._parts, dropout=drop)
        total.backward()
        return total.array, losses.sum(dtype=np.float64)

    def _learn_nothing(self) -> tuple[float, float]:
        """Take part in an update whose batch has fewer captions than there are processes."""
        for parameter in self.model.params(False):
            parameter.grad = self.model.xp.zeros_like(parameter.array)
        return 0.0, 0.0

    def settle(self) -> None:
        """Fetch the losses of the updates since the last call, which on a GPU may still be running.

        Raises:
            UserError: one is NaN or infinite; the message names the first such batch.
        """
        unsettled, self._unsettled = self._unsettled, []
        for iteration, captions, weighted, nats, tokens in unsettled:
            everyones = self.processes.total(float(weighted))
            if not np.isfinite(everyones):
                raise UserError(self._diverged(everyones, iteration, captions))
            self.totals["weighted"] += everyones * tokens
            self.totals["nats"] += self.processes.total(float(nats))
            self.totals["tokens"] += tokens

    def _next(self) -> Array:
        options = self._options
        if self._epoch_batches is None:
            chosen = drawn(self._examples, options, self.epoch)
            lengths = self._examples.lengths[chosen]
            order = batches.orders(lengths, options.batch_size, options.seed, self.epoch)
            self._epoch_batches = iter([chosen[batch] for batch in order[self.position :]])
        return next(self._epoch_batches)

    def _advance(self) -> None:
        self.iteration += 1
        self.position += 1
        self.is_new_epoch = self.position == self.batches_per_epoch
        if self.is_new_epoch:
            self.epoch, self.position, self._epoch_batches = self.epoch + 1, 0, None

    def _diverged(self, value: float, iteration: int, captions: Array) -> str:
        photos = ", ".join(self._examples.photos[row][:12] for row in self._examples.photo[captions[:3]])
        epoch, batch = divmod(iteration, self.batches_per_epoch)
        return (
            f"The loss became {value} in epoch {epoch + 1}, batch {batch + 1} (update {iteration + 1}; "
            f"photos {photos}…), and training stopped. Lower train.learning_rate "
            f"({self._options.learning_rate}) or train.clip ({self._options.clip})."
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
        """Do nothing: there is nothing to let go of."""
