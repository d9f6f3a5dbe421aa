"""What a run is: the settings that decide what it becomes, its name, and all that made it.

The same settings and inputs find their own run again; others make a run beside it.
"""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from featurize.feeding.saved import DIGEST
from store.errors import DamagedFile
from store.manifest import NAME as MANIFEST
from store.manifest import fingerprint, read_manifest
from store.text.settings import read_settings
from store.version import VERSION
from store.whole_file import read_object
from train.data import dataset_manifest, feature_settings
from train.options import TrainOptions

INCIDENTAL = {
    *("device", "snapshot_seconds", "min_free_gb", "metrics", "evaluate_captions", "tensorboard", "ranker")
}
"""Settings that change where and how safely a run is made, or how it is measured, not its result."""
LATER = {"batches", "shuffle", "schedule", "warmup", "weight_decay", "label_smoothing", "unk_rate"}
"""Settings that runs of earlier versions did not have. They count where they are not the default alone, so
that those runs keep their names, and go on."""
FORMAT = 1
"""Of a run's directory: part of its fingerprint."""
SETTINGS = "settings.yaml"


def place_of(
    options: TrainOptions, dataset: Path, features: Path, runs: Path, variant: str | None = None
) -> tuple[Path, str]:
    """Return the directory of the run that `fit` makes of these, whether it is there or not; its fingerprint.

    Args:
        variant: what an experiment changes of it, by its name.

    Raises:
        MissingStage: the dataset is not there.
    """
    found = fingerprint(
        identity(options),
        dataset_manifest(dataset)["fingerprint"],
        features.name,
        FORMAT,
        *([variant] if variant else []),
    )
    return runs / f"{options.sampling}-{found[:8]}", found


def identity(options: TrainOptions) -> dict[str, Any]:
    """Return the settings that decide what a run becomes, as its fingerprint takes them."""
    settings = options.model_dump(exclude=INCIDENTAL)
    defaults = TrainOptions().model_dump(include=LATER)
    return {name: value for name, value in settings.items() if defaults.get(name, ...) != value}


@dataclass(frozen=True)
class MadeFrom:
    """What made a run, as far as its files tell; what an earlier version did not write down is None.

    Args:
        train: the settings that decided what it became, by name.
        dataset: the settings of its dataset, by name.
        features: those of its vectors, by name.
        built: the fingerprint of its dataset.
        key: the name of the cache of its vectors.
        tokenizer: how its captions were cut.
        tokens: the version of that: code, packages and, if it has learned one, its model.
        variant: what an experiment changed of it, by its name.
    """

    train: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] | None = None
    features: Mapping[str, Any] | None = None
    built: str | None = None
    key: str | None = None
    tokenizer: str | None = None
    tokens: str | None = None
    variant: str | None = None


def settings_of(
    options: TrainOptions, dataset: Path, features: Path, vocabulary: int, variant: str | None = None
) -> dict[str, Any]:
    """Return what a run's settings.yaml holds: everything that makes the run, by stage.

    Args:
        features: the cache of its vectors.
        vocabulary: tokens of the vocabulary.
        variant: as `place_of` takes it.
    """
    manifest = dataset_manifest(dataset)
    inputs = {
        "dataset": manifest["fingerprint"],
        "tokens": manifest.get("tokens"),
        "vocabulary": vocabulary,
        "features": features.name,
        **({"variant": variant} if variant else {}),
    }
    versions = {name: importlib.metadata.version(name) for name in ("chainer", "numpy")}
    return {
        "train": options.model_dump(mode="json"),
        "dataset": dict(manifest.get("settings", {})),
        "features": feature_settings(features),
        "inputs": inputs,
        "versions": {"bokeru": VERSION, **versions},
    }


def made_from(run: Path) -> MadeFrom:
    """Return what made a run, from settings.yaml, the manifest and the model's config.

    What is kept of a run that was asked for before holds while these files are the same.

    Raises:
        DamagedFile: one of these cannot be read.
    """
    return _made_from(run, *(_version(run / name) for name in (SETTINGS, MANIFEST, "model/config.json")))


def _version(path: Path) -> tuple[int, int, int] | None:
    """Return what tells a file from the one before; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(1000)
def _made_from(run: Path, *_: tuple[int, int, int] | None) -> MadeFrom:
    settings, config = told_by(run), _config(run)
    manifest: Mapping[str, Any] = read_manifest(run) or {}
    inputs = settings.get("inputs", {})
    features = settings.get("features") or config.get("features", {}).get("options") or None
    dataset = settings.get("dataset") or None
    tokenizer = (dataset or {}).get("tokenizer") or config.get("tokenizer")
    return MadeFrom(
        train=settings.get("train", {}),
        dataset=dataset,
        features=features and {name: value for name, value in features.items() if name != DIGEST},
        built=inputs.get("dataset") or manifest.get("dataset"),
        key=inputs.get("features") or manifest.get("features") or config.get("features", {}).get("key"),
        tokenizer=tokenizer,
        tokens=inputs.get("tokens"),
        variant=inputs.get("variant"),
    )


def _config(run: Path) -> dict[str, Any]:
    try:
        return read_object(run / "model" / "config.json")
    except FileNotFoundError:
        return {}


def told_by(run: Path) -> dict[str, Any]:
    """Return the groups of settings of a run's settings.yaml; none where it has not got that far.

    Raises:
        DamagedFile: it cannot be read.
    """
    path = run / SETTINGS
    try:
        found = read_settings(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DamagedFile(path, f"these are no settings of a run ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise DamagedFile(path, "these are no settings of a run")
    return found
