"""Logs runs to trackio, where it keeps its projects (TRACKIO_DIR): a script of its own, for trackio's Python.

    python into_trackio.py <runs.json

Standard input has what `train.runs.export` writes. A run that the project has already is left as it is.
"""

import contextlib
import json
import sys


def main() -> None:
    """Log the runs of standard input; print `new` and how many were."""
    try:
        import trackio
    except ImportError:
        sys.exit("no module trackio")
    given = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # trackio tells of itself there
        try:
            known = {run.name for run in trackio.Api().runs(given["project"])}
        except ValueError:  # there is no such project yet
            known = set()
        new = [run for run in given["runs"] if run["name"] not in known]
        for run in new:
            made = trackio.init(
                project=given["project"], name=run["name"], config=run["settings"], embed=False
            )
            for point in run["points"]:
                made.log(point["metrics"], step=point["step"])
            made.finish()
    print(f"new {len(new)}")


if __name__ == "__main__":
    main()
