"""`bokeru sweep`: runs over several values of settings, and what each setting does."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, add_verbose, pipeline_of, positive
from commands.lineage import require_dataset, require_vectors
from commands.pipeline import Pipeline
from commands.stages.notices import notice_at_end
from pipelines import load
from store.errors import UsageError, UserError, first_by_status, with_status

if TYPE_CHECKING:
    from train.sweep.grid import Folders, Grid


def sweep(arguments: argparse.Namespace) -> None:
    """Train a run for each combination of the values that --set gives to settings of train, several at a
    time, and say which setting matters. Runs are those of `train`: complete ones are taken as they are, and
    the same command goes on with those that were begun."""
    from train.sweep.grid import grid, split
    from train.sweep.plan import fitting, plan
    from train.sweep.show import plan_lines

    axes, fixed = split(arguments.set)
    pipeline = pipeline_of(argparse.Namespace(**{**vars(arguments), "set": fixed}))
    require_dataset(pipeline)
    require_vectors(pipeline)
    folders = (pipeline.dataset, pipeline.feature_cache, pipeline.runs)
    found = grid(
        axes,
        lambda overrides: load(pipeline.name, pipeline.config, [*fixed, *overrides]).train,
        arguments.seeds,
        folders,
    )
    jobs = arguments.jobs or fitting(found, pipeline.dataset)
    if not arguments.dry_run:
        again = [*(["--set", *arguments.set] if arguments.set else []), "--seeds", str(arguments.seeds)]
        with notice_at_end(pipeline, "sweep", *again):
            return _train(pipeline, found, folders, jobs, as_json=arguments.json)
    planned = plan(found, folders, jobs)
    if arguments.json:
        answer("sweep", planned)
    else:
        print("\n".join(plan_lines(planned)))


def _train(pipeline: Pipeline, grid: "Grid", folders: "Folders", jobs: int, *, as_json: bool) -> None:
    from train.arithmetic.processes import open_processes
    from train.sweep.naming import name
    from train.sweep.report import report
    from train.sweep.show import show
    from train.sweep.together import is_complete, train

    if open_processes(False).size > 1:
        raise UsageError("a sweep shares out one machine among its runs. Start it without mpiexec")
    failed = train(grid.cells, folders, jobs, lambda cell: name(cell, pipeline))
    if not any(map(is_complete, grid.cells)):
        raise _failure(grid, failed)
    found = report(grid, pipeline.directory, failed)
    if as_json:
        answer("sweep", found)
    else:
        show(found)
    if failed:
        raise _failure(grid, failed)


def _failure(grid: "Grid", failed: Mapping[Path, UserError]) -> UserError:
    """Return the error that the command ends with where runs could not be trained."""
    first = first_by_status(failed.values())
    (cell,) = (cell for cell in grid.cells if failed.get(cell.run) is first)
    count = f"{len(failed)} of {len(grid.cells)} runs could not be trained"
    return with_status(f"{count}; {cell.title}: {first}", first.exit_status if first else 1)


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    command = add(commands, sweep)
    add_pipeline(command)
    add_verbose(command)
    command.add_argument(
        "--seeds",
        type=positive,
        default=1,
        metavar="N",
        help="so many runs a combination, from train.seed on (1)",
    )
    command.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="so many at a time, sharing the cores (one a core; a GPU: 1)",
    )
    what = "say which runs there are and how long they may take, and train none"
    command.add_argument("--dry-run", action="store_true", help=what)
    add_json(command)
