"""Training: from a dataset and its vectors to a run's directory, on Chainer's Trainer."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from dataset import read
from dataset.text.vocabulary import Vocabulary
from store.errors import UserError
from store.manifest import fingerprint, is_fresh, write_manifest
from store.processes.lock import locked
from store.whole_file import remove_leftovers, write_json, write_whole
from train.arithmetic.device import device
from train.arithmetic.loss import kernels
from train.arithmetic.optimizer import optimizer
from train.artifact import Artifact, Config, FeaturesConfig
from train.checkpoint import Checkpoint
from train.data import Split, feature_settings, identity, require_captions, split
from train.evaluation import baselines
from train.history import History
from train.job import Job
from train.model import Array, CaptionModel, Sizes, initial
from train.options import TrainOptions
from train.processes import Processes, processes
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
        UserError: nothing to learn from, a photo without vector, a loss that diverged, another process that
            trains the same run.
        DamagedFile: a snapshot that is none.
    """
    mark = fingerprint(
        options.model_dump(exclude=INCIDENTAL), identity(dataset)["fingerprint"], features.name, FORMAT
    )
    run = runs / f"{options.sampling}-{mark[:8]}"
    if is_fresh(run, mark):
        print("train: up to date")
        return run
    others = processes(device(options.device).xp is not np)
    with others.all_or_none():
        job = prepare(options, dataset, features, run, mark, others)
        with _held(run, others):
            if others.rank == 0:
                _begin(job)
            others.meet()
            job.checkpoint.restore()
            job.train()
            if others.rank == 0:
                job.publish()
                _complete(job, dataset, features, mark)
            others.meet()
    return run


def _held(run: Path, others: Processes) -> AbstractContextManager[None]:
    """Keep others from training the same run: the first process holds its lock, for all of them."""
    if others.rank > 0:
        return nullcontext()
    return locked(run / "snapshots" / ".lock", f"is training {run}")


def _begin(job: Job) -> None:
    """Write what is known of the run before its first update."""
    remove_leftovers(job.run / "snapshots")
    write_json(job.run / "bounds.json", job.bounds)
    settings = {"train": job.options.model_dump()}
    write_whole(job.run / "settings.yaml", yaml.safe_dump(settings, sort_keys=False))


def _complete(job: Job, dataset: Path, features: Path, mark: str) -> None:
    """Write the manifest, by which the run counts as complete."""
    best = job.history.best or {}
    spent = job.checkpoint.spent()
    write_manifest(
        job.run,
        "train",
        mark,
        dataset=identity(dataset)["fingerprint"],
        features=features.name,
        epochs=job.updater.epoch,
        best_epoch=best.get("epoch"),
        processes=job.updater.processes.size,
        **spent,
    )


FORMAT = 1
SETTLE_EVERY = 50
"""Updates on a GPU after which their losses are fetched."""


def prepare(
    options: TrainOptions, dataset: Path, features: Path, run: Path, mark: str, others: Processes
) -> Job:
    """Read the inputs and set up model, optimiser and updater, untrained; write nothing yet."""
    where = device(options.device, others.place)
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
    model.to_device(where)
    train, dev = (replace(part, vectors=model.xp.asarray(part.vectors)) for part in (train, dev))
    updater = Updater(
        model,
        optimizer(options, model),
        train.examples,
        train.vectors,
        options,
        kernels(options.fused, model.xp),
        others,
        settle_every=1 if model.xp is np else SETTLE_EVERY,
    )
    history = History(options.patience)
    limits = bounds(train, dataset, vocabulary)
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
    if options.standardise != "length":
        tensors["photo_w"] /= np.float32(sizes.vector**0.5)
    if options.standardise != "none":
        tensors["mean"], scale = standardisation(train.vectors)
        tensors["scale"] = scale / np.float32(sizes.vector**0.5 if options.standardise == "length" else 1)
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
