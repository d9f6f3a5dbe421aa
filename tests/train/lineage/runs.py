"""Runs written by hand: what their files say of what made them, without any training."""

import json
from pathlib import Path
from typing import Any

import yaml

from dataset.options import DatasetOptions
from featurize.options import FeatureOptions
from store.manifest import write_manifest
from store.place import Place
from train.lineage.wanted import Wanted
from train.options import TrainOptions

KEY, RANDOM = "untrained-fc7-00000000", "random-fc7-11111111"
BUILT = "0123456789abcdef"
"""The fingerprint of the dataset that is there."""


def wanted(place: Place, *overrides: str, **changed: Any) -> Wanted:
    """Return what a pipeline of default settings wants; `changed` are fields of `Wanted`."""
    fields = {
        "dataset": DatasetOptions(),
        "features": FeatureOptions(),
        "train": TrainOptions(),
        "cache": place.features / KEY,
    }
    return Wanted(place, [place.crawl], **{**fields, **changed}, overrides=overrides)


def write_run(
    place: Place,
    name: str,
    dev: float | None,
    *,
    built: str = BUILT,
    key: str = KEY,
    dataset: dict[str, Any] | None = None,
    train: dict[str, Any] | None = None,
    variant: str | None = None,
) -> Path:
    """Write a complete run of default settings but for those that are given.

    Args:
        dev: its loss on dev.
        variant: what an experiment changed of it.
    """
    run = place.runs / name
    run.mkdir(parents=True)
    weights = key.split("-")[0]
    settings = {
        "train": TrainOptions(**(train or {})).model_dump(mode="json"),
        "dataset": {**DatasetOptions().of_result(), **(dataset or {})},
        "features": FeatureOptions(weights=weights).of_result(),
        "inputs": {"dataset": built, "features": key, **({"variant": variant} if variant else {})},
    }
    (run / "settings.yaml").write_text(yaml.safe_dump(settings))
    record = {"epoch": 1, "loss": 3.0, "dev_loss": dev, "dev_known_loss": dev}
    (run / "log.jsonl").write_text(json.dumps(record) + "\n")
    write_manifest(run, "train", name, dataset=built, features=key)
    return run


def write_old_run(place: Place, name: str, dev: float, *, tokenizer: str = "unidic-lite") -> Path:
    """Write a complete run as 0.1 left it: its settings are those of training alone."""
    run = write_run(place, name, dev)
    (run / "settings.yaml").write_text(yaml.safe_dump({"train": {"epochs": 20, "hidden": 100}}))
    (run / "model").mkdir()
    config = {"tokenizer": tokenizer, "features": {"key": KEY, "options": {"weights": "untrained"}}}
    (run / "model" / "config.json").write_text(json.dumps(config))
    return run
