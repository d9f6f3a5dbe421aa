"""What `bokeru verify` checks in a run: every file can be read, and a model's files fit one another."""

import os

from store.manifest import NAME as MANIFEST
from store.manifest import read_manifest
from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_by, check_files
from train import artifact


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a run; one that has no model yet may still be training."""
    model = stage.directory / "model"
    has_model = os.path.lexists(model / artifact.CONFIG)  # of a model's files it is written last
    parts = [f"model/{name}" for name in (artifact.TENSORS, artifact.VOCABULARY, artifact.CONFIG)]
    yield from check_files(stage, closer=(MANIFEST, *(parts if has_model else ())))
    yield from check_by(read_manifest, stage.directory)
    if has_model:
        yield from check_by(artifact.load, model)
    elif os.path.lexists(stage.directory / MANIFEST):
        yield Problem(f"{model / artifact.CONFIG} is missing, though the run was completed")


def check_inputs(stage: Stage) -> Problems:
    """Yield nothing: a model holds all that it needs, and outlives what it was trained on."""
    yield from ()
