"""Logs runs to MLflow, wherever it is set to (MLFLOW_TRACKING_URI): a script of its own, for MLflow's Python.

    python into_mlflow.py <runs.json

Standard input has what `train.runs.export` writes. A run that the experiment has already is left as it is.
"""

import json
import re
import sys
import time

MOST = 100
"""Parameters of one call, and a tenth of its metrics: MLflow takes no more."""


def main() -> None:
    """Log the runs of standard input; print `new` and how many were."""
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param
    except ImportError:
        sys.exit("no module mlflow")
    given, client = json.load(sys.stdin), MlflowClient()
    experiment = client.get_experiment_by_name(given["project"])
    number = experiment.experiment_id if experiment else client.create_experiment(given["project"])
    known = {run.info.run_name for run in client.search_runs([number], max_results=50000)}
    new = [run for run in given["runs"] if run["name"] not in known]
    now = int(time.time() * 1000)
    for run in new:
        made = client.create_run(number, run_name=run["name"]).info.run_id
        params = [Param(name, str(value)) for name, value in run["settings"].items()]
        metrics = [
            Metric(_name(name), value, now, point["step"])
            for point in run["points"]
            for name, value in point["metrics"].items()
        ]
        for start in range(0, len(params), MOST):
            client.log_batch(made, params=params[start : start + MOST])
        for start in range(0, len(metrics), 10 * MOST):
            client.log_batch(made, metrics=metrics[start : start + 10 * MOST])
        client.set_terminated(made)
    print(f"new {len(new)}")


def _name(name: str) -> str:
    """Return a metric's name with the characters that MLflow takes: recall_1 for recall@1."""
    return re.sub(r"[^\w./ -]", "_", name)


if __name__ == "__main__":
    main()
