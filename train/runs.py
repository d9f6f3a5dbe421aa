"""Find the runs of a pipeline."""

from pathlib import Path

from store.errors import MissingStage
from store.manifest import NAME
from store.place import Place


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
