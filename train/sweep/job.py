"""What a process that trains one run of a sweep is told."""

from pathlib import Path

from store.options import Options
from train.options import TrainOptions


class Job(Options):
    """One run.

    Args:
        train: all its settings.
        dataset, features, runs: as `train.fit.fit` takes them.
        sharing: how many such processes share the machine's cores.
        config, pipeline, verbosity: how the command was called.
    """

    train: TrainOptions
    dataset: Path
    features: Path
    runs: Path
    sharing: int
    config: Path
    pipeline: str
    verbosity: int
