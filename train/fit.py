"""Training: from a dataset and its vectors to a run's directory, on Chainer's Trainer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dataset import read
from dataset.errors import UserError
from dataset.manifest import fingerprint, is_fresh, write_manifest
from dataset.progress import Progress
from dataset.vocabulary import Vocabulary
from dataset.whole_file import remove_leftovers, write_json, write_whole
from featurize.chainer_compat import chainer
from train import baselines, curves
from train.artifact import Artifact, Config, FeaturesConfig, finite
from train.checkpoint import Checkpoint
from train.data import Split, feature_settings, identity, require_captions, split
from train.history import History
from train.loss import kernels
from train.measure import nats_per_token
from train.model import Array, CaptionModel, Sizes, initial
from train.optimizer import optimizer
from train.options import TrainOptions
from train.threads import limited, worthwhile
from train.updater import Updater

INCIDENTAL = {"device", "snapshot_seconds"}
"""Settings that change where and how safely a run is made, not what it comes to."""


def fit(options: TrainOptions, dataset: Path, features: Path, runs: Path) -> Path:
    """Train a model, or finish the training that was interrupted; return the run's directory.

    Args:
        options: the settings.
        dataset: the dataset's directory.
        features: the directory of its photo vectors, `features/<key>`.
        runs: where the run's directory is made; its name follows from settings and inputs.

    Raises:
        MissingStage: the dataset or the features are not there.
        UserError: nothing to learn from, a photo without vector, a loss that diverged.
        DamagedFile: a snapshot that is none.
    """
    mark = fingerprint(
        options.model_dump(exclude=INCIDENTAL), identity(dataset)["fingerprint"], features.name, FORMAT
    )
    run = runs / f"{options.sampling}-{mark[:8]}"
    if is_fresh(run, mark):
        print("train: up to date")
        return run
    job = prepare(options, dataset, features, run, mark)
    job.checkpoint.restore()
    job.train()
    job.publish()
    best = job.history.best or {}
    spent = job.checkpoint.spent()
    write_manifest(
        run,
        "train",
        mark,
        dataset=identity(dataset)["fingerprint"],
        features=features.name,
        epochs=job.updater.epoch,
        best_epoch=best.get("epoch"),
        **spent,
    )
    return run


FORMAT = 1


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
        with Progress("train", self.options.epochs * size, "captions") as progress:
            progress.done = self.updater.epoch * size + self.updater.position * self.options.batch_size

            def tick() -> None:
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
        """Return how many threads an update uses."""
        examples, sizes = self.train_split.examples, self.artifact.config.sizes
        tokens = self.options.batch_size * float((examples.lengths + 1).mean())
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
            measured = nats_per_token(updater.model, dev.examples, dev.vectors, kernels(self.options.fused))
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
        if self.history.best is self.history.records[-1]:
            self.checkpoint.save_best()
        if self._is_over(None):
            self.checkpoint.save()
        self.history.write(self.run)

    def _save_when_due(self) -> None:
        if self.checkpoint.is_due():
            self.checkpoint.save()


def _epoch_ended(trainer: Any) -> bool:
    """Tell whether an epoch has just ended; Chainer's own trigger would fire once more after a resume."""
    return bool(trainer.updater.is_new_epoch)


def prepare(options: TrainOptions, dataset: Path, features: Path, run: Path, mark: str) -> Job:
    """Read the inputs and set up model, optimiser and updater, untrained."""
    vocabulary = read.vocabulary(dataset)
    train, dev = (
        split(dataset, features, name, vocabulary, options.max_tokens, options.vectors)
        for name in ("train", "dev")
    )
    require_captions(train, dataset, options.max_tokens)
    if options.patience and not len(dev.examples):
        raise UserError(
            "train.patience needs a dev loss, but the dev split is empty: raise dataset.dev_fraction."
        )
    artifact = _artifact(options, dataset, features, train, vocabulary)
    model = artifact.model
    updater = Updater(
        model, optimizer(options, model), train.examples, train.vectors, options, kernels(options.fused)
    )
    history = History(options.patience)
    limits = bounds(train, dataset, vocabulary)
    write_json(run / "bounds.json", limits)
    remove_leftovers(run / "snapshots")
    write_whole(run / "settings.yaml", yaml.safe_dump({"train": options.model_dump()}, sort_keys=False))
    checkpoint = Checkpoint(run / "snapshots", mark, updater, history, options.snapshot_seconds)
    return Job(run, options, artifact, train, dev, updater, history, checkpoint, limits)


def bounds(train: Split, dataset: Path, vocabulary: Vocabulary) -> dict[str, float | None]:
    """Return what the training loss is to be compared with, nats per token."""
    size = len(vocabulary)
    floor = (read.floor(dataset) or {}).get("train")
    return {
        "ln V": baselines.uniform(size),
        "unigram entropy": baselines.unigram(train.examples, train.examples, size),
        "grammar's floor": floor,
    }


def _artifact(
    options: TrainOptions, dataset: Path, features: Path, train: Split, vocabulary: Vocabulary
) -> Artifact:
    sizes = Sizes(
        vocabulary=len(vocabulary),
        vector=train.vectors.shape[1],
        embedding=options.embedding,
        hidden=options.hidden,
        layers=options.layers,
        injection=options.injection,
    )
    tensors = initial(sizes, options.seed)
    if options.standardise:
        tensors["mean"], tensors["scale"] = standardisation(train.vectors)
    if options.output_bias == "frequency":
        seen = baselines.counts(train.examples, len(vocabulary)) + 1.0
        tensors["output_b"] = np.log(seen / seen.sum()).astype(np.float32)
    config = Config(
        sizes=sizes,
        features=FeaturesConfig(key=features.name, options=feature_settings(features)),
        tokenizer=str(identity(dataset).get("tokenizer", "unidic-lite")),
        max_tokens=options.max_tokens,
        vectors=options.vectors,
    )
    return Artifact(CaptionModel(sizes, tensors), vocabulary, config)


def standardisation(vectors: Array) -> tuple[Array, Array]:
    """Return mean and 1 / deviation (D,) of vectors (P, D); a component that never varies has scale 0."""
    deviation = vectors.std(axis=0, dtype=np.float64)
    varies = deviation > 1e-6 * max(float(deviation.max()), 1e-12)
    scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
    return vectors.mean(axis=0, dtype=np.float64).astype(np.float32), scale.astype(np.float32)
