"""One training run on Chainer's Trainer: what it does after an update, after an epoch, and at the end."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store.chainer_compat import chainer
from store.place import Place
from store.processes.interruption import deferred
from store.processes.room import Room
from store.progress import Progress
from train.arithmetic.threads import worthwhile_threads
from train.article import article_loss
from train.artifact import Artifact, require_finite
from train.captions.captioner import Captioner
from train.captions.progress import BOARD, CaptionProgress
from train.checkpoint import Checkpoint
from train.data import Split
from train.evaluation import curves
from train.evaluation.measure import caption_losses
from train.history import History
from train.options import TrainOptions
from train.runs.board import Curve, board
from train.updater import Updater

DEV_LOSSES = ("dev_loss", "dev_known_loss", "dev_character_loss")
"""What the log says of dev, in nats per token, per token that is not <UNK>, and per character."""


@dataclass
class Job:
    """One training run: its inputs, its model and its state.

    Attributes:
        run: the directory that it writes.
        progress: the photos of dev that it writes captions for while it learns.
        bounds: losses to compare with, by name; see `train.prepare.bounds`.
        sharing: runs that share the cores of this machine.
    """

    run: Path
    options: TrainOptions
    artifact: Artifact
    train_split: Split
    dev_split: Split
    updater: Updater
    history: History
    checkpoint: Checkpoint
    progress: CaptionProgress
    bounds: dict[str, float | None]
    sharing: int = 1
    _asked_to_stop: threading.Event = field(default_factory=threading.Event)

    @property
    def room(self) -> Room:
        """What the run leaves free on the disk."""
        return Room(self.run, self.options, "train", Place.of(self.run))

    def train(self) -> None:
        """Run Chainer's Trainer to the last epoch, or until patience with the dev loss is exhausted."""
        trainer = chainer.training.Trainer(self.updater, stop_trigger=self._ends, out=str(self.run))
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
                with (
                    self._stopping(),
                    self.updater.arithmetic.threads(self.threads()),
                    self._followed(trainer),
                ):
                    trainer.run(show_loop_exception_msg=False)
                    if self._asked_to_stop.is_set():
                        self.checkpoint.save()

    def _stopping(self) -> AbstractContextManager[None]:
        """Let a signal end the training after the update that is under way; raise it at the block's end.

        Several processes would stop after different updates, and wait for each other: they end at once, and
        go on from the last snapshot. So does a training in a thread, which no signal reaches.
        """
        alone = self.updater.processes.size == 1
        if not alone or threading.current_thread() is not threading.main_thread():
            return nullcontext()
        return deferred(self._asked_to_stop.set, waits=False)

    @contextmanager
    def _followed(self, trainer: Any) -> Iterator[None]:
        """Let TensorBoard follow the training while the block runs, where the settings ask for it."""
        if not self.options.tensorboard or self.updater.processes.rank > 0:
            yield
            return
        updater, history, curve = self.updater, self.history, Curve()
        with (
            board(self.run / "tensorboard", updater.iteration) as write,
            board(self.run / BOARD, updater.iteration) as write_captions,
        ):

            def update() -> None:
                point = curve.point(updater.totals, is_end=updater.is_new_epoch)
                if point:
                    write("update", updater.iteration, {**point, "learning_rate": updater.learning_rate})

            def epoch() -> None:
                write("epoch", updater.iteration, history.records[-1])
                if updater.epoch in self.captions_due():
                    write_captions("captions", updater.iteration, self.progress.texts())

            trainer.extend(lambda _: update(), name="curve", trigger=(1, "iteration"), priority=250)
            trainer.extend(lambda _: epoch(), name="points", trigger=_epoch_ended, priority=150)
            yield

    def threads(self) -> int:
        """Return the threads of an update, chosen for this process's share of its captions."""
        examples, sizes = self.train_split.examples, self.artifact.config.sizes
        captions = self.options.batch_size / self.updater.processes.size
        tokens = captions * float((examples.lengths + 1).mean())
        sharing = self.updater.processes.local_size * self.sharing
        return self.options.threads or worthwhile_threads(tokens, sizes.vocabulary, sizes.hidden, sharing)

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

    def _ends(self, trainer: Any) -> bool:
        return self._is_over(trainer) or self._asked_to_stop.is_set()

    def _details(self) -> dict[str, object]:
        totals = self.updater.totals
        details: dict[str, object] = {"epoch": f"{self.updater.epoch_detail:.1f}/{self.options.epochs}"}
        if totals["tokens"]:
            details["loss"] = f"{totals['nats'] / totals['tokens']:.3f}"
            details["gradient"] = f"{totals['gradient_norm'] / totals['updates']:.2f}"
            details["rate"] = f"{self.updater.learning_rate:.2g}"
            details["tokens/s"] = f"{totals['tokens'] / totals['seconds']:,.0f}"
        measured = [record for record in self.history.records if record["dev_loss"] is not None]
        if measured:
            details["dev"] = f"{measured[-1]['dev_loss']:.3f}"
            if (known := measured[-1].get("dev_known_loss")) is not None:
                details["dev of known tokens"] = f"{known:.3f}"
        return details

    def _end_epoch(self) -> None:
        updater, totals = self.updater, self.updater.totals
        self.history.records.append(self._record())
        speed = {
            "seconds": totals["seconds"],
            "tokens_per_second": totals["tokens"] / totals["seconds"],
            "caption_seconds": self._write_captions(),
        }
        if math.isfinite(totals["seconds"]):  # not where a snapshot of an earlier version was gone on from
            self.history.speeds.append({"epoch": updater.epoch, **speed})
        updater.totals = dict.fromkeys(totals, 0.0)
        if updater.processes.rank > 0:  # only the first process writes files
            return
        if self.history.best is self.history.records[-1]:
            self.checkpoint.save_best()
        if self._is_over(None):
            self.checkpoint.save()
        self.history.write(self.run)

    def _write_captions(self) -> float:
        """Let the model write for the watched photos, where that is due; return its seconds."""
        started = time.monotonic()
        if self.updater.processes.rank == 0 and self.updater.epoch in self.captions_due():
            self.progress.write(self.updater.epoch, Captioner.of(self.artifact))
        return time.monotonic() - started

    def captions_due(self) -> list[int]:
        """Return the epochs so far after which the model writes for the watched photos."""
        return self.progress.due(self.history.measured_epochs, is_over=self._is_over(None))

    def _record(self) -> dict[str, Any]:
        """Return what the log says of the epoch that has just ended."""
        updater, totals = self.updater, self.updater.totals
        return {
            "epoch": updater.epoch,
            "iteration": updater.iteration,
            "loss": totals["nats"] / totals["tokens"],
            "weighted_loss": totals["weighted"] / totals["tokens"],
            "article_loss": article_loss(totals["step_means"], totals["captions"]),
            **self._dev_losses(),
            "learning_rate": updater.learning_rate,
            "gradient_norm": _known(totals["gradient_norm"] / totals["updates"]),
            "captions": updater.captions_per_epoch,
            "left_out": self.train_split.left_out,
            "dev_left_out": self.dev_split.left_out,
        }

    def _dev_losses(self) -> dict[str, float | None]:
        """Return the losses of dev by their names in the log: nats per token, per known token, per character.

        All are None where there is no dev split or no measurement is due.
        """
        updater, dev = self.updater, self.dev_split
        is_due = updater.epoch % self.options.dev_every == 0 or updater.epoch == self.options.epochs
        if not len(dev.examples) or not is_due:
            return dict.fromkeys(DEV_LOSSES)
        found = 0.0, 0.0, 0.0
        if updater.processes.rank == 0:
            losses = caption_losses(updater.model, dev.examples, dev.vectors, updater.arithmetic)
            found = losses.per_token, losses.per_known_token, losses.per_character(dev.characters)
        # All processes must agree on the loss, or some would stop early and leave the others waiting.
        return dict(zip(DEV_LOSSES, updater.processes.broadcast(found), strict=True))

    def _save_when_due(self) -> None:
        if self.updater.processes.rank == 0 and self.checkpoint.is_due():
            self.checkpoint.save()
            self.room.check()  # now that nothing is lost by it


def _known(value: float) -> float | None:
    """Return the value; None for NaN, where a snapshot of an earlier version was gone on from."""
    return None if math.isnan(value) else value


def _epoch_ended(trainer: Any) -> bool:
    """Return whether an epoch has just ended; Chainer's own trigger would fire once more after a resume."""
    return bool(trainer.updater.is_new_epoch)
