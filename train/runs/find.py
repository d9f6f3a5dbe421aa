"""Find the runs of a pipeline, and the files that an evaluation adds to one."""

from pathlib import Path

from store.errors import MissingStage
from store.manifest import NAME
from store.place import Place

BY_PHOTO = "evaluation.parquet"
EVALUATION = ("samples.json", BY_PHOTO, "evaluation.json")
"""The files of an evaluation; the last is written last."""


def complete(runs: Path) -> list[Path]:
    """Return the runs in `runs` that were trained to their end, oldest first."""
    return sorted((manifest.parent for manifest in runs.glob(f"*/{NAME}")), key=_finished)


def newest(runs: Path) -> Path:
    """Return the run that was finished last.

    Raises:
        MissingStage: none is complete.
    """
    found = complete(runs)
    if not found:
        raise MissingStage(runs, Place.of(runs).command("train"))
    return found[-1]


def _finished(run: Path) -> tuple[int, str]:
    return (run / NAME).stat().st_mtime_ns, run.name
