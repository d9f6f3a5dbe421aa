"""One update after another: the next batch, its loss, its gradients, Adam."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from dataset.errors import UserError
from featurize.chainer_compat import chainer
from train import batches
from train.batches import Batch
from train.examples import Examples
from train.loss import Dropout, loss
from train.model import Array, CaptionModel
from train.options import TrainOptions
from train.sampling import drawn, weights


class Updater(chainer.training.Updater):  # type: ignore[misc]
    """Chainer's updater over packed batches. Where it stands is `iteration`, `epoch` and `position` alone.

    Order, draws and dropout are functions of the seed and of where the updater stands, so a run that goes
    on from a snapshot goes on exactly.

    Args:
        examples: the training captions.
        vectors: (P, D) raw photo vectors, on the model's device.
        parts: `train.plain` or `train.fused`.
    """

    def __init__(
        self,
        model: CaptionModel,
        optimizer: Any,
        examples: Examples,
        vectors: Array,
        options: TrainOptions,
        parts: ModuleType,
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
        self._epoch_batches: Iterator[Batch] | None = None

    @property
    def epoch_detail(self) -> float:
        """The epochs done, as a fraction."""
        return self.epoch + self.position / self.batches_per_epoch

    def update(self) -> None:
        """Learn from the next batch, and add its losses to `totals`.

        Raises:
            UserError: the loss is NaN or infinite; the message names the batch.
        """
        batch = self._next()
        tokens = len(batch.targets)
        shares = (self._weights[batch.captions] / tokens)[batch.rows]
        dropout = self._options.dropout
        drop = Dropout(dropout, self._options.seed, self.iteration) if dropout else None
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes of that is checked here
            total, losses = loss(
                self.model, batch, self._vectors[batch.photos], shares, parts=self._parts, dropout=drop
            )
            weighted = float(total.array)
            if not np.isfinite(weighted):
                raise UserError(self._diverged(weighted, batch))
            self.model.cleargrads()
            total.backward()
            self._optimizer.update()
        self.totals["weighted"] += weighted * tokens
        self.totals["nats"] += float(losses.sum(dtype=np.float64))
        self.totals["tokens"] += tokens
        self.captions = len(batch.captions)
        self._advance()

    def _next(self) -> Batch:
        if self._epoch_batches is None:
            chosen = drawn(self._examples, self._options, self.epoch)
            options = self._options
            self._epoch_batches = batches.epoch(
                self._examples, chosen, options.batch_size, options.seed, self.epoch, self.position
            )
        return next(self._epoch_batches)

    def _advance(self) -> None:
        self.iteration += 1
        self.position += 1
        self.is_new_epoch = self.position == self.batches_per_epoch
        if self.is_new_epoch:
            self.epoch, self.position, self._epoch_batches = self.epoch + 1, 0, None

    def _diverged(self, value: float, batch: Batch) -> str:
        photos = ", ".join(self._examples.photos[photo][:12] for photo in batch.photos[:3])
        return (
            f"The loss became {value} in epoch {self.epoch + 1}, batch {self.position + 1} (update "
            f"{self.iteration + 1}; photos {photos}…), and training stopped. Lower train.learning_rate "
            f"({self._options.learning_rate}) or set train.clip; the last snapshot is whole."
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
