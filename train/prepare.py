"""Prepare a training run: read its inputs, and set up an untrained model, its optimiser and its updater.

P photos, D components of a photo's vector.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from dataset.text.vocabulary import Vocabulary
from store.errors import UserError
from train.arithmetic.arithmetic import choose
from train.arithmetic.device import on_gpu
from train.arithmetic.processes import Processes
from train.artifact import Artifact, Config, FeaturesConfig
from train.captions.progress import CaptionProgress
from train.checkpoint import Checkpoint
from train.data import (
    Split,
    dataset_manifest,
    feature_settings,
    moments,
    read_split,
    require_captions,
)
from train.evaluation import baselines
from train.history import History
from train.job import Job
from train.model import Array, CaptionModel, Photos, Sizes, initial
from train.options import TrainOptions
from train.updater import Updater

FETCH_EVERY = 50
"""Updates on a GPU between fetches of their losses."""


def prepare(
    options: TrainOptions,
    dataset: Path,
    features: Path,
    run: Path,
    run_fingerprint: str,
    processes: Processes,
    device: Any,
) -> Job:
    """Read the inputs and set up an untrained model, its optimiser and its updater; write nothing yet.

    Args:
        device: Chainer's device of this process, which is the current one.

    Raises:
        MissingStage: the dataset or the features are not there.
        UserError: no captions to learn from, or patience without a dev split.
    """
    vocabulary = read.vocabulary(dataset)
    train, dev = (
        read_split(dataset, features, name, vocabulary, options.max_tokens, options.vectors)
        for name in ("train", "dev")
    )
    require_captions(train, dataset, options.max_tokens)
    if options.patience and not len(dev.examples):
        raise UserError(
            "train.patience needs a dev loss, but the dev split is empty: raise dataset.dev_fraction."
        )
    artifact = _artifact(options, dataset, features, train, vocabulary)
    model = artifact.model
    model.to_device(device)
    if on_gpu(model.device):  # all vectors go to the device once: a batch then picks its rows there
        train, dev = (replace(part, vectors=model.xp.asarray(part.vectors[:])) for part in (train, dev))
    arithmetic = choose(model.xp, options.fused)
    updater = Updater(
        model,
        arithmetic.adam(model, options.learning_rate, options.clip, options.weight_decay),
        train.examples,
        train.vectors,
        options,
        arithmetic,
        processes,
        fetch_every=FETCH_EVERY if on_gpu(model.device) else 1,
    )
    history = History(options.patience)
    checkpoint = Checkpoint(run / "snapshots", run_fingerprint, updater, history, options.snapshot_seconds)
    progress = CaptionProgress.of(
        run,
        dev,
        dataset_manifest(dataset)["fingerprint"],
        captions=updater.captions_per_epoch,
        dev_every=options.dev_every,
    )
    losses = bounds(train, dataset, vocabulary)
    return Job(run, options, artifact, train, dev, updater, history, checkpoint, progress, losses)


def bounds(train: Split, dataset: Path, vocabulary: Vocabulary) -> dict[str, float | None]:
    """Return the losses to compare the training loss with, by name, in nats per token; None is unknown."""
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
    """Return the untrained model, with its vocabulary and its config."""
    sizes = Sizes(
        vocabulary=len(vocabulary),
        vector=train.vectors.shape[1],
        embedding=options.embedding,
        hidden=options.hidden,
        layers=options.layers,
        injection=options.injection,
    )
    config = Config(
        sizes=sizes,
        features=FeaturesConfig(key=features.name, options=feature_settings(features)),
        tokenizer=str(dataset_manifest(dataset).get("tokenizer", "unidic-lite")),
        max_tokens=options.max_tokens,
        vectors=options.vectors,
    )
    return Artifact(CaptionModel(sizes, _tensors(options, sizes, train)), vocabulary, config)


def _tensors(options: TrainOptions, sizes: Sizes, train: Split) -> dict[str, Array]:
    """Return the model's tensors before training, as `sizes.shapes()` lists them."""
    tensors = initial(sizes, options.seed)
    if options.standardise != "length":
        # `initial` expects vectors of length 1; these have components of about 1, so length sqrt(D).
        tensors["photo_w"] /= np.float32(sizes.vector**0.5)
    if options.standardise != "none":
        tensors["mean"], scale = standardisation(train.vectors)
        tensors["scale"] = scale / np.float32(sizes.vector**0.5 if options.standardise == "length" else 1)
    if options.output_bias == "frequency":
        # One is added to each count: log(0) would rule a token out for ever.
        counts = baselines.target_counts(train.examples, sizes.vocabulary) + 1.0
        tensors["output_b"] = np.log(counts / counts.sum()).astype(np.float32)
    return tensors


def standardisation(vectors: Photos) -> tuple[Array, Array]:
    """Return what standardises each component of photo vectors.

    Args:
        vectors: (P, D) float32, raw.

    Returns:
        The mean (D,) float32, and 1 / standard deviation (D,) float32, 0 where a component never varies.
    """
    # float64: a float32 sum over many thousand photos loses the digits that the deviation is made of.
    mean, deviation = moments(vectors, np.float64)
    varies = deviation > 1e-6 * max(float(deviation.max()), 1e-12)
    scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
    return mean.astype(np.float32), scale.astype(np.float32)
