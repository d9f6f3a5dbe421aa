"""Trains the ranker of a run, after its captioner, and measures it on dev beside simpler ways to rank."""

from pathlib import Path
from typing import Any

import numpy as np

import featurize.read
from dataset import read
from store.errors import UserError
from store.manifest import fingerprint
from store.place import Place
from store.register.listed import changing, list_files
from store.register.stages import Stage
from store.whole_file import write_json
from train import artifact as captioner
from train.arithmetic.arithmetic import choose
from train.data import dataset_manifest
from train.evaluation.measure import caption_losses
from train.model import Array, Photos
from train.ranking import learn as learning
from train.ranking.artifact import (
    CONFIG,
    FOLDER,
    TENSORS,
    VOCABULARY,
    RankerArtifact,
    RankerConfig,
    load,
)
from train.ranking.captions import RankedCaptions, read_captions
from train.ranking.judged import calibration, judged
from train.ranking.learn import all_scores, learn
from train.ranking.words import kinds

EVALUATION = "evaluation.json"
FILES = (EVALUATION, TENSORS, VOCABULARY, CONFIG)
WAYS = ("ranker", "words", "length", "log_likelihood")
"""How captions are ranked: by the ranker, by one that sees no photo, the shorter the better, and by the
captioner's own probability."""
FORMAT = 1


def rank(run: Path, dataset: Path, features: Path, seed: int) -> None:
    """Train a ranker for a complete run, measure it, and write `ranker/` there; nothing where it is there.

    Args:
        seed: fixes weights, order and dropout.

    Raises:
        UserError: too few captions of a photo have stars that differ clearly; a photo without a vector.
    """
    made_from = _fingerprint(dataset, features, seed)
    stage, files = Stage("run", run), [run / FOLDER / name for name in FILES]
    if _is_there(run, made_from):
        list_files(stage, files)  # a kill may have come before the manifest knew them
        print("ranker: up to date")
        return
    vocabulary = read.vocabulary(dataset)
    words = kinds(vocabulary)
    train, dev = (read_captions(dataset, split, vocabulary) for split in ("train", "dev"))
    vectors, dev_vectors = (_vectors(each, features, dataset) for each in (train, dev))
    ranker = learn(train, vectors, words, seed)
    words_alone = learn(train, None, words, seed)
    scores = {
        "ranker": all_scores(ranker, dev, dev_vectors),
        "words": all_scores(words_alone, dev, None),
        "length": -dev.characters,
        "log_likelihood": _log_likelihood(run, dev, dev_vectors),
    }
    found = judged(dev, scores) | {"calibration": calibration(scores["ranker"], dev.pairs())}
    directory = run / FOLDER
    made = RankerArtifact(
        ranker,
        vocabulary,
        RankerConfig(sizes=ranker.sizes, features_key=features.name, fingerprint=made_from),
    )
    with changing(stage, files):
        write_json(directory / EVALUATION, found)
        made.save(directory)
    print("\n".join(told(found)))


def _fingerprint(dataset: Path, features: Path, seed: int) -> str:
    habits = [learning.EPOCHS, learning.RATE, learning.DECAY, learning.DROPOUT]
    habits += [learning.CAPTIONS, learning.UPDATES]
    return fingerprint(FORMAT, habits, dataset_manifest(dataset)["fingerprint"], features.name, seed)


def _is_there(run: Path, made_from: str) -> bool:
    """Tell whether the ranker that is to be made is there; one that lacks a file, or cannot be read, is made
    again."""
    if not (run / FOLDER / EVALUATION).is_file():
        return False
    try:
        return load(run).config.fingerprint == made_from
    except UserError:
        return False


def _vectors(captions: RankedCaptions, features: Path, dataset: Path) -> Photos:
    if not len(captions):
        return np.zeros((0, 1), np.float32)
    return featurize.read.read(features, Place.of(dataset)).of(captions.examples.photos)


def _log_likelihood(run: Path, captions: RankedCaptions, vectors: Photos) -> Array:
    """Return the log-probability that the run's captioner gives each caption, (C,) in nats."""
    model = captioner.load(run / "model").model
    return -caption_losses(model, captions.examples, vectors, choose(np)).nats


def told(found: dict[str, Any]) -> list[str]:
    """Return what a terminal shows of a ranker's figures."""
    if not found["pairs"]:
        return ["ranker: dev has no pair of captions whose stars differ clearly, so it is not measured"]
    lines = [
        f"ranker: of {found['pairs']:,} pairs of captions of {found['photos']:,} photos of dev, right are"
    ]
    for name in WAYS:
        low, high = found[name]["interval"]
        lines.append(f"  {_NAMES[name]:<28} {found[name]['accuracy']:.1%} ({low:.1%} to {high:.1%})")
    return lines


_NAMES = {
    "ranker": "the ranker",
    "words": "a ranker of captions alone",
    "length": "the shorter one",
    "log_likelihood": "the captioner's likelihood",
}
