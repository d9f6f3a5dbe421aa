"""What a run's files tell that its card repeats."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.whole_file import read_object
from train.artifact import Config, read_config
from train.history import best, read_log
from train.runs.identity import INCIDENTAL, told_by
from train.sharing.encoder import NamedEncoder, named
from train.sharing.learned_from import LearnedFrom, kept

_NAMING = {"dev_odai"}
"""Settings of a dataset that hold numbers of odai: a card names none."""


@dataclass(frozen=True)
class Epoch:
    """An epoch: its number, the captions that it learned from, and those that were too long for it.

    The log of 0.1 does not count captions: `captions` is None then, and `left_out` 0.
    """

    epoch: int
    captions: int | None
    left_out: int


@dataclass(frozen=True)
class Told:
    """A run, as far as a card speaks of it.

    Args:
        run: its name.
        config: of its model.
        learned: what it learned from; None where nobody knows.
        encoder: the network that makes its vectors.
        settings: the settings that made it, by their names in pipelines.yaml: all of training, and those of
            the dataset and the vectors that are not their defaults.
        version: of Bokeru, which trained it.
        kept: the epoch that the model is of; None where the log tells of none.
        figures: of evaluation.json, by split; none where it was not evaluated.
    """

    run: str
    config: Config
    learned: LearnedFrom | None
    encoder: NamedEncoder
    settings: Mapping[str, Any]
    version: str
    kept: Epoch | None
    figures: Mapping[str, Mapping[str, Any]]

    @property
    def dev(self) -> Mapping[str, Any]:
        """The figures on photos that the model has not seen; empty where there are none."""
        found = self.figures.get("dev", {})
        return found if found.get("nll") is not None else {}


def tell(run: Path) -> Told:
    """Read what a card says of a run with a model.

    Raises:
        MissingStage: there is no model.
        DamagedFile: a file of the run cannot be read.
    """
    config, told = read_config(run / "model"), told_by(run)
    return Told(
        run.name,
        config,
        kept(run),
        named(config.features.options),
        dict(_settings(told, config)),
        str(told.get("versions", {}).get("bokeru", "0.1")),
        _kept_epoch(run, str(told.get("train", {}).get("keep", "best"))),
        _figures(run),
    )


def _settings(told: Mapping[str, Mapping[str, Any]], config: Config) -> list[tuple[str, Any]]:
    train = [
        (f"train.{name}", value) for name, value in told.get("train", {}).items() if name not in INCIDENTAL
    ]
    usual = DatasetOptions().model_dump(mode="json") | {"tokenizer": None}
    built = [
        (f"dataset.{name}", value)
        for name, value in told.get("dataset", {}).items()
        if name not in _NAMING and usual.get(name) != value
    ]
    seen = [
        (f"features.{name}", value)
        for name, value in config.features.options.items()
        if not (value is None or isinstance(value, dict))
    ]
    return [(name, without_folders(value)) for name, value in (*train, *built, *seen)]


def without_folders(value: Any) -> Any:
    """Return a setting without the folders of this machine: of a path its last name, in lists too."""
    if isinstance(value, str) and value.startswith(("/", "~", "./", "../")):
        return Path(value).name
    if isinstance(value, list):
        return [without_folders(one) for one in value]
    return value


def _kept_epoch(run: Path, keep: str) -> Epoch | None:
    records = read_log(run)
    try:
        last = records[-1] if records else None
        kept = (best(records) if keep == "best" else None) or last
        if kept is None:
            return None
        captions = kept.get("captions")
        counted = None if captions is None else int(captions)
        return Epoch(int(kept["epoch"]), counted, int(kept.get("left_out", 0)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedFile(run / "log.jsonl", f"it is not a log ({error})") from error


def _figures(run: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the numbers of both splits; what is none is not repeated: `verify` speaks of it."""
    try:
        found = read_object(run / "evaluation.json")
    except FileNotFoundError:
        return {}
    return {split: _numbers(figures) for split, figures in found.items() if isinstance(figures, dict)}


def _numbers(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    intervals = figures.get("intervals")
    ends = {
        name: interval
        for name, interval in (intervals.items() if isinstance(intervals, dict) else ())
        if isinstance(interval, list) and len(interval) == 2 and all(map(_is_number, interval))
    }
    return {name: value for name, value in figures.items() if _is_number(value)} | {"intervals": ends}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and -1e300 < value < 1e300  # and no NaN
