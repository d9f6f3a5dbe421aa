"""Find the runs of a pipeline, and the files that an evaluation adds to one."""

from collections.abc import Iterable
from pathlib import Path

from store.errors import MissingStage, UsageError, UserError
from store.manifest import NAME
from store.place import Place
from train.runs.names import Names

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


def evaluated(runs: Path) -> list[Path]:
    """Return the complete runs that have been evaluated, oldest first.

    Raises:
        MissingStage: there is none.
    """
    found = [run for run in complete(runs) if (run / BY_PHOTO).is_file()]
    if not found:
        raise MissingStage(newest(runs) / BY_PHOTO, Place.of(runs).command("evaluate"))
    return found


def compared(names: Iterable[str], runs: Path | None = None) -> list[Path]:
    """Return the runs that are named, by folder or as `named` takes them; the evaluated ones where none is.

    Args:
        runs: the folder of a pipeline's runs; None where runs are named by folder alone.

    Raises:
        UsageError: a name without its pipeline, or a run that is named twice.
        MissingStage: there is no run.
    """
    wanted = list(names)
    if not wanted and runs:
        return evaluated(runs)
    found = [Path(name) if Path(name).is_dir() or not runs else named(runs, name) for name in wanted]
    if not found or not all(run.is_dir() for run in found):
        raise UsageError("name the pipeline of the runs (--pipeline NAME), or the runs by their folders")
    if len({run.resolve() for run in found}) < len(found):
        raise UsageError("a run is named twice. Name runs that differ")
    return found


def begun(runs: Path, name: str) -> Path:
    """Return the run that `named` finds, or else the one, complete or not, whose folder has this very name.

    Raises:
        UserError, MissingStage: as `named`.
    """
    run = runs / name
    is_folder = name not in ("", ".", "..") and run.parent == runs and run.is_dir()
    return run if is_folder else named(runs, name)


def named(runs: Path, name: str) -> Path:
    """Return the complete run that somebody gave this name, or whose folder has it, or the only one whose
    folder's name begins or ends with it.

    Raises:
        MissingStage: no run is complete.
        UserError: none has such a name, or several have.
    """
    newest(runs)
    given = Names.load(runs.parent)
    known = {run.name: given.of(run).name for run in sorted(complete(runs))}
    found = [run for run in known if name in (run, known[run])] or [
        run for run in known if run.startswith(name) or run.endswith(name)
    ]
    if len(found) != 1:
        how_many = f"{len(found)} runs have" if found else "no complete run has"
        told = (f"{run} ({known[run]})" if known[run] else run for run in found or known)
        raise UserError(f"{how_many} the name {name!r}. There are: {', '.join(told)}")
    return runs / found[0]
