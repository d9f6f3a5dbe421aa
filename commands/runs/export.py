"""`bokeru runs export`: what other programs read of runs."""

import argparse
import sys
from pathlib import Path

from commands.arguments import add_several, path, pipeline_of
from commands.lineage import wanted
from commands.pipeline import Pipeline
from store.errors import UsageError

TRACKERS = ("mlflow", "trackio")
"""Those that runs are exported to; each has a script in `train/runs/trackers/`."""


def export(arguments: argparse.Namespace) -> None:
    """Hand runs to other programs: their logs as a table (csv), the decoder of one as ONNX (onnx), or
    settings, logs and figures to a tracker (mlflow, trackio), which its own Python logs; runs that it has
    already stay as they are."""
    from train.runs.export import send, write_table
    from train.runs.find import complete, named, newest

    pipeline = pipeline_of(arguments)
    if arguments.form == "onnx":
        return _write_decoder(pipeline, arguments)
    newest(pipeline.runs)
    found = [named(pipeline.runs, name) for name in arguments.run] or complete(pipeline.runs)
    if arguments.form == "csv":
        out = arguments.out or Path("runs.csv")
        rows = write_table(found, out)
        return print(f"{rows:,} rows of {len(found):,} runs written to {out}")
    project = arguments.project or pipeline.name
    new = send(found, arguments.form, arguments.python, project)
    print(f"{new:,} of {len(found):,} runs were new to {arguments.form}, in {project}")


def _write_decoder(pipeline: Pipeline, arguments: argparse.Namespace) -> None:
    from train.lineage.choose import choose
    from train.sharing.onnx_export import export_onnx

    if len(arguments.run) > 1:
        raise UsageError(
            f"one run is exported as ONNX, not {len(arguments.run)}. Name one, or none: then the best"
        )
    chosen = choose(wanted(pipeline), next(iter(arguments.run), None))
    out = arguments.out or Path(f"{chosen.run.name}-onnx")
    export_onnx(chosen.run, out)
    print(f"the decoder of {chosen} written to {out}, with a README.md that says how to use it")


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options of `bokeru runs export`."""
    command.add_argument("form", choices=["csv", "onnx", *TRACKERS], help="for whom")
    what = "runs, by their names, or how these begin or end (all complete ones; of onnx the best or pinned)"
    add_several(command, "--run", "RUN", what)
    command.add_argument(
        "--out", type=path, metavar="PATH", help="the table (runs.csv), or a new folder for ONNX (RUN-onnx)"
    )
    command.add_argument(
        "--python",
        type=path,
        default=Path(sys.executable),
        metavar="FILE",
        help="the Python of an environment that has the tracker (Bokeru's own)",
    )
    command.add_argument("--project", metavar="NAME", help="the tracker's project (the pipeline's name)")
