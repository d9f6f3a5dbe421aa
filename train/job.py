"""One training run on Chainer's Trainer: what it does after an update, after an epoch, and at the end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.chainer_compat import chainer
from store.place import Place
from store.processes.room import Room
from store.progress import Progress
from train.arithmetic.threads import worthwhile_threads
from train.article import article_loss
from train.artifact import Artifact, require_finite
from train.checkpoint import Checkpoint
from train.data import Split
from train.evaluation import curves
from train.evaluation.measure import caption_losses
from train.history import History
from train.options import TrainOptions
from train.updater import Updater


@dataclass
class Job:
    """One training run: its inputs, its model and its state.

    Attributes:
        run: the directory that it writes.
        bounds: losses to compare with, by name; see `train.prepare.bounds`.
    """

    run: Path
    options: TrainOptions
    artifact: Artifact
    train_split: Split
    dev_split: Split
    updater: Updater
    history: History
    checkpoint: Checkpoint
    bounds: dict[str, float | None]

    @property
    def room(self) -> Room:
        """What the run leaves free on the disk."""
        return Room(self.run, self.options, "train", Place.of(self.run))

    def train(self) -> None:
        """Run Chainer's Trainer to the last epoch, or until patience with the dev loss is exhausted."""
        trainer = chainer.training.Trainer(self.updater, stop_trigger=self._is_over, out=str(self.run))
        per_epoch = self.updater.captions_per_epoch
        shows_progress = self.updater.processes.rank == 0
        with Progress("train", self.options.epochs * per_epoch, "captions") as progress:
            progress.done = self.updater.epoch * per_epoch + self.updater.position * self.options.batch_size

            def advance() -> None:
                if shows_progress:
                    progress.advance(self.updater.captions_in_update, **self._details())

            # Extensions of higher priority run first: a snapshot then holds the epoch's finished record.
            trainer.extend(lambda _: advance(), name="progress", trigger=(1, "iteration"), priority=300)
            trainer.extend(lambda _: self._end_epoch(), name="epoch", trigger=_epoch_ended, priority=200)
            trainer.extend(
                lambda _: self._save_when_due(), name="snapshot", trigger=(1, "iteration"), priority=100
            )
            # A run that was killed after its last snapshot has nothing left to train.
            if not self._is_over(trainer):
                with self.updater.arithmetic.threads(self.threads()):
                    trainer.run(show_loop_exception_msg=False)

    def threads(self) -> int:
        """Return the threads of an update, chosen for this process's share of its captions."""
        examples, sizes = self.train_split.examples, self.artifact.config.sizes
        captions = self.options.batch_size / self.updater.processes.size
        tokens = captions * float((examples.lengths + 1).mean())
        return self.options.threads or worthwhile_threads(tokens, sizes.vocabulary, sizes.hidden)

    def publish(self) -> None:
        """Write the log, the curves and model/.

        Raises:
            UserError: the model holds NaN or infinity.
        """
        self.history.write(self.run)
        curves.draw(self.run / "curves.png", self.history.records, self.bounds)
        if self.options.keep == "best" and self.history.best:
            self.checkpoint.restore_best()
        require_finite(self.artifact.model.tensors())
        self.artifact.save(self.run / "model")

    def _is_over(self, _: Any) -> bool:
        return self.updater.epoch >= self.options.epochs or self.history.exhausted

    def _details(self) -> dict[str, object]:
        totals = self.updater.totals
        last = self.history.records[-1] if self.history.records else {}
        details: dict[str, object] = {"epoch": f"{self.updater.epoch_detail:.1f}/{self.options.epochs}"}
        if totals["tokens"]:
            details["loss"] = f"{totals['nats'] / totals['tokens']:.3f}"
        if last.get("dev_loss") is not None:
            details["dev"] = f"{last['dev_loss']:.3f}"
        return details

    def _end_epoch(self) -> None:
        updater, totals = self.updater, self.updater.totals
        self.history.records.append(
            {
                "epoch": updater.epoch,
                "iteration": updater.iteration,
                "loss": totals["nats"] / totals["tokens"],
                "weighted_loss": totals["weighted"] / totals["tokens"],
                "article_loss": article_loss(totals["step_means"], totals["captions"]),
                "dev_loss": self._dev_loss(),
            }
        )
        updater.totals = dict.fromkeys(totals, 0.0)
        if updater.processes.rank > 0:  # only the first process writes files
            return
        if self.history.best is self.history.records[-1]:
            self.checkpoint.save_best()
        if self._is_over(None):
            self.checkpoint.save()
        self.history.write(self.run)

    def _dev_loss(self) -> float | None:
        """Return the dev loss in nats per token; None where there is no dev split or none is due."""
        updater, dev = self.updater, self.dev_split
        is_due = updater.epoch % self.options.dev_every == 0 or updater.epoch == self.options.epochs
        if not len(dev.examples) or not is_due:
            return None
        loss = None
        if updater.processes.rank == 0:
            loss = caption_losses(updater.model, dev.examples, dev.vectors, updater.arithmetic).per_token
        # All processes must agree on the loss, or some would stop early and leave the others waiting.
        return updater.processes.broadcast(loss)

    def _save_when_due(self) -> None:
        if self.updater.processes.rank == 0 and self.checkpoint.is_due():
            self.checkpoint.save()
            self.room.check()  # now that nothing is lost by it


def _epoch_ended(trainer: Any) -> bool:
    """Return whether an epoch has just ended; Chainer's own trigger would fire once more after a resume."""
    return bool(trainer.updater.is_new_epoch)
