"""Runs for other programs: a table of their logs, or what a tracker shows of them."""

import csv
import io
import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import DamagedFile, UserError
from store.text.settings import read_settings
from store.whole_file import read_object, write_whole
from train.history import read_log, read_speed


@dataclass(frozen=True)
class Logged:
    """A run as a tracker takes it.

    Attributes:
        settings: by their names in pipelines.yaml: `train.hidden`.
        points: by update (`step`): `metrics`, the numbers of the log, of its speed, and with the last of them
            the figures of the evaluation, as `dev/nll`.
    """

    name: str
    settings: dict[str, Any]
    points: list[dict[str, Any]]


def logged(run: Path) -> Logged:
    """Read what a run has logged.

    Raises:
        DamagedFile: a file of it cannot be read.
    """
    speeds = {speed["epoch"]: speed for speed in read_speed(run)}
    points = [
        {"step": record["iteration"], "metrics": _numbers(record | speeds.get(record["epoch"], {}))}
        for record in read_log(run)
    ]
    if points:
        points[-1]["metrics"] |= _evaluation(run)
    return Logged(run.name, _settings(run / "settings.yaml"), points)


def _evaluation(run: Path) -> dict[str, float]:
    """Return the figures of both splits; none where the run was not evaluated."""
    try:
        found = read_object(run / "evaluation.json")
    except FileNotFoundError:
        return {}
    splits = {split: figures for split, figures in found.items() if isinstance(figures, dict)}
    return {f"{split}/{name}": value for split in splits for name, value in _numbers(splits[split]).items()}


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the values that are finite numbers."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _settings(path: Path) -> dict[str, Any]:
    try:
        stages = read_settings(path.read_text(encoding="utf-8"))
        return {f"{stage}.{name}": value for stage in stages for name, value in stages[stage].items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DamagedFile(path, f"these are no settings of a run ({error})") from error


def write_table(runs: Sequence[Path], path: Path) -> int:
    """Write the logs of runs as CSV: a row per run and epoch; return how many rows.

    The columns are `run`, `step` (the update) and every number that a log has; one that a run lacks is empty.
    """
    rows = [
        {"run": run.name, "step": point["step"], **point["metrics"]}
        for run in map(logged, runs)
        for point in run.points
    ]
    text = io.StringIO()
    table = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    table.writerows(rows)
    write_whole(path, text.getvalue())
    return len(rows)


def send(runs: Sequence[Path], tracker: str, python: Path, project: str) -> int:
    """Let a tracker log runs, by its own API; return how many it did not have yet.

    Args:
        tracker: one that has a script in `train/runs/trackers/`.
        python: the interpreter of an environment that has it: none installs beside Bokeru's pins.
        project: its project, or experiment.

    Raises:
        UserError: it is not there, or says that something went wrong.
    """
    given = {"project": project, "runs": [vars(logged(run)) for run in runs]}
    script = Path(__file__).parent / "trackers" / f"into_{tracker}.py"
    try:
        done = subprocess.run(
            [python, script], input=json.dumps(given), capture_output=True, encoding="utf-8", check=False
        )
    except OSError as error:
        raise UserError(f"{python} does not start ({error.strerror}). {_install(tracker)}") from None
    # A tracker may print words of its own before and after.
    counts = [line.removeprefix("new ") for line in done.stdout.splitlines() if line.startswith("new ")]
    if done.returncode or not counts:
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        if reason == f"no module {tracker}":
            raise UserError(f"{python} has no {tracker}. {_install(tracker)}")
        raise UserError(f"{tracker} did not take the runs: {reason}")
    return int(counts[0])


def _install(tracker: str) -> str:
    return (
        f"{tracker} does not fit into Bokeru's environment: make another, and name its Python: "
        f"python3 -m venv {tracker}; {tracker}/bin/pip install {tracker}; --python {tracker}/bin/python"
    )
