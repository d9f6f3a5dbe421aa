"""Training runs as the pages show them, also while training writes one."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from store.errors import DamagedFile, MissingStage
from store.place import Place
from store.text.settings import read_settings
from store.whole_file import read_json
from train.history import best
from train.ranking.artifact import CONFIG, FOLDER
from web.content.file_cache import file_version

LIVE_SECONDS = 150
"""An incomplete run with a file that changed so recently counts as being trained now."""

FILES = (
    *("settings.yaml", "log.jsonl", "bounds.json", "evaluation.json", "samples.json", "manifest.json"),
    "model/config.json",
)
"""The files that a run is read from."""

BOUNDS = {"ln V": "ln_v", "unigram entropy": "unigram", "grammar's floor": "floor"}
"""The reference lines, with their keys in evaluation.json."""


@dataclass(frozen=True)
class Run:
    """A run's directory, read as far as it has been written.

    `state` is `complete`, `live` (being trained now) or `stopped`. `records` has per epoch `epoch`, `loss`
    and `dev_loss`, in nats per token, the unit of the reference lines `bounds` too, and what else the log
    has. `broken` names the files that cannot be parsed.
    """

    name: str
    state: str
    has_model: bool
    has_ranker: bool
    changed: float
    settings: dict[str, Any]
    records: list[dict[str, Any]]
    bounds: dict[str, float]
    evaluation: dict[str, dict[str, Any]]
    samples: list[dict[str, Any]]
    broken: tuple[str, ...]

    @property
    def best(self) -> dict[str, Any] | None:
        """The epoch that training takes for the best one, else the last."""
        measured = [record for record in self.records if isinstance(record.get("dev_loss"), int | float)]
        return best(measured) or (self.records[-1] if self.records else None)

    @property
    def best_loss(self) -> float:
        """The loss of the best epoch by which it is the best, nats per token."""
        record = self.best or {}
        losses = (record.get(name) for name in ("dev_known_loss", "dev_loss", "loss"))
        return next((float(loss) for loss in losses if isinstance(loss, int | float)), 0.0)


def runs(place: Place) -> list[Run]:
    """Return the runs of a pipeline, the newest first."""
    return [read_run(path) for path in _newest_first(place)]


def find_run(place: Place, name: str) -> Path:
    """Return the directory of the run `name`, complete or not.

    Raises:
        MissingStage: there is no such run.
    """
    for path in _newest_first(place):
        if path.name == name:
            return path
    raise MissingStage(place.runs / name[:100] / "model", place.command("train"))


def _newest_first(place: Place) -> list[Path]:
    found = [path for path in place.runs.glob("*") if path.is_dir() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: (-_changed(path), path.name))  # copies may have one time


def read_run(path: Path) -> Run:
    """Read a run's directory; files that are absent or cannot be parsed are left out."""
    changed = _changed(path)
    return replace(
        _read(path, file_version(*(path / name for name in FILES))),
        state=_state(path, changed),
        changed=changed,
    )


@lru_cache(200)
def _read(path: Path, version: object) -> Run:
    # `version` changes with the files, and so makes lru_cache read them again.
    broken: list[str] = []

    def load(name: str, empty: Any) -> Any:
        try:
            content = read_json(path / name)
        except FileNotFoundError:
            return empty
        except (OSError, DamagedFile):
            content = None
        if not isinstance(content, type(empty)):
            broken.append(name)
            return empty
        return content

    evaluation = {
        split: each for split, each in load("evaluation.json", {}).items() if isinstance(each, dict)
    }
    # An evaluated run has the same bounds in evaluation.json, where bounds.json is missing.
    bounds = load("bounds.json", {}) or {
        name: evaluation["train"].get(key) for name, key in BOUNDS.items() if "train" in evaluation
    }
    return Run(
        name=path.name,
        state="",
        has_model=_has_model(path),
        has_ranker=(path / FOLDER / CONFIG).exists(),
        changed=0,
        settings=_settings(path / "settings.yaml", broken),
        records=list(_records(path / "log.jsonl", broken)),
        bounds={name: value for name, value in bounds.items() if isinstance(value, int | float)},
        evaluation=evaluation,
        samples=[sample for sample in load("samples.json", []) if isinstance(sample, dict)],
        broken=tuple(dict.fromkeys(broken)),
    )


def _has_model(path: Path) -> bool:
    return (path / "model" / "config.json").exists()


def _changed(path: Path) -> float:
    times = [path.stat().st_mtime]
    for name in ("log.jsonl", "manifest.json", "snapshots", "settings.yaml"):
        if (path / name).exists():
            times.append((path / name).stat().st_mtime)
    return max(times)


def _state(path: Path, changed: float) -> str:
    if (path / "manifest.json").exists():
        return "complete"
    return "live" if time.time() - changed < LIVE_SECONDS else "stopped"


def _records(path: Path, broken: list[str]) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            # Training may have written half of the last line.
            record = json.loads(line)
            yield {**record, "epoch": int(record["epoch"]), "loss": float(record["loss"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            broken.append(path.name)


def _settings(path: Path, broken: list[str]) -> dict[str, Any]:
    """Return the settings as one level: `train.epochs`, say."""
    try:
        content = read_settings(path.read_text(encoding="utf-8"))
        return {
            f"{stage}.{name}": value
            for stage, settings in content.items()
            for name, value in settings.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError):
        broken.append(path.name)
        return {}
