"""One training run on Chainer's Trainer: what happens after an update, after an epoch, and at the end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.chainer_compat import chainer
from store.progress import Progress
from train import curves
from train.arithmetic.loss import kernels
from train.arithmetic.threads import limited, worthwhile
from train.artifact import Artifact, finite
from train.checkpoint import Checkpoint
from train.data import Split
from train.evaluation.measure import nats_per_token
from train.history import History
from train.options import TrainOptions
from train.updater import Updater


@dataclass
class Job:
    """Everything that one training run holds on to."""

    run: Path
    options: TrainOptions
    artifact: Artifact
    train_split: Split
    dev_split: Split
    updater: Updater
    history: History
    checkpoint: Checkpoint
    bounds: dict[str, float | None]

    def train(self) -> None:
        """Run Chainer's Trainer to the last epoch, or until the dev loss has long not improved."""
        trainer = chainer.training.Trainer(self.updater, stop_trigger=self._is_over, out=str(self.run))
        size = self.updater.captions_per_epoch
        first = self.updater.processes.rank == 0
        with Progress("train", self.options.epochs * size, "captions") as progress:
            progress.done = self.updater.epoch * size + self.updater.position * self.options.batch_size

            def tick() -> None:
                if first:
                    progress.advance(self.updater.captions, **self._details())

            trainer.extend(lambda _: tick(), name="progress", trigger=(1, "iteration"), priority=300)
            trainer.extend(lambda _: self._end_epoch(), name="epoch", trigger=_epoch_ended, priority=200)
            trainer.extend(
                lambda _: self._save_when_due(), name="snapshot", trigger=(1, "iteration"), priority=100
            )
            if not self._is_over(trainer):
                with limited(self.threads(), self.options.fused):
                    trainer.run(show_loop_exception_msg=False)

    def threads(self) -> int:
        """Return how many threads an update uses, for this process's share of its captions."""
        examples, sizes = self.train_split.examples, self.artifact.config.sizes
        captions = self.options.batch_size / self.updater.processes.size
        tokens = captions * float((examples.lengths + 1).mean())
        return self.options.threads or worthwhile(tokens, sizes.vocabulary, sizes.hidden)

    def publish(self) -> None:
        """Write log, curves and model/."""
        self.history.write(self.run)
        curves.draw(self.run / "curves.png", self.history.records, self.bounds)
        if self.options.keep == "best" and self.history.best:
            self.checkpoint.restore_best()
        finite(self.artifact.model.tensors())
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
        dev = self.dev_split
        measured = None
        is_due = updater.epoch % self.options.dev_every == 0 or updater.epoch == self.options.epochs
        if len(dev.examples) and is_due:
            parts = kernels(self.options.fused, updater.model.xp)
            if updater.processes.rank == 0:
                measured = nats_per_token(updater.model, dev.examples, dev.vectors, parts)
            measured = updater.processes.of_first(measured)
        self.history.records.append(
            {
                "epoch": updater.epoch,
                "iteration": updater.iteration,
                "loss": totals["nats"] / totals["tokens"],
                "weighted_loss": totals["weighted"] / totals["tokens"],
                "dev_loss": measured,
            }
        )
        updater.totals = dict.fromkeys(totals, 0.0)
        if updater.processes.rank > 0:
            return
        if self.history.best is self.history.records[-1]:
            self.checkpoint.save_best()
        if self._is_over(None):
            self.checkpoint.save()
        self.history.write(self.run)

    def _save_when_due(self) -> None:
        if self.updater.processes.rank == 0 and self.checkpoint.is_due():
            self.checkpoint.save()


def _epoch_ended(trainer: Any) -> bool:
    """Tell whether an epoch has just ended; Chainer's own trigger would fire once more after a resume."""
    return bool(trainer.updater.is_new_epoch)
