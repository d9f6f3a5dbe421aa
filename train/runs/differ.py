"""In which settings runs differ: of training, and of the dataset and the vectors that they learned from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from train.runs.identity import told_by

FIRST = ("dataset", "features", "inputs", "train")
"""The groups of settings in the order that differences are told in: first what losses hang on whole."""


def told(run: Path) -> dict[str, Any]:
    """Return the settings that a run tells, by their names: `train.hidden`, `dataset.tokenizer`.

    Raises:
        DamagedFile: its settings.yaml cannot be read.
    """
    groups = told_by(run).items()
    return {f"{group}.{name}": value for group, values in groups for name, value in values.items()}


def differing(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the settings in which runs differ, each with its value in every run; None where it has none.

    What a run does not tell at all, as one of an earlier version does of its dataset, is no difference.

    Args:
        runs: as `told` returns them.
    """
    groups = [{_group(name) for name in settings} for settings in runs]
    found = {}
    for name in dict.fromkeys(name for settings in runs for name in settings):
        values = [settings.get(name) for settings in runs]
        known = [str(value) for value, told in zip(values, groups, strict=True) if _group(name) in told]
        if len(set(known)) > 1:
            found[name] = values
    return dict(sorted(found.items(), key=lambda one: _place(one[0])))


def _group(name: str) -> str:
    return name.partition(".")[0]


def _place(name: str) -> int:
    group = _group(name)
    return FIRST.index(group) if group in FIRST else len(FIRST)
