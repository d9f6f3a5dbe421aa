"""`bokeru prune`: what a pipeline no longer needs goes."""

import argparse

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, pipeline_of
from commands.lineage import wanted
from commands.pipeline import Pipeline
from pipelines import load, names
from store.errors import UserError


def prune(arguments: argparse.Namespace) -> None:
    """Remove runs that are neither pinned nor the best nor named, noted or tagged, the snapshots of complete
    runs, and the vectors that no pipeline of the config file and no run uses; say what each takes on disk."""
    from train.lineage.prune import prune
    from train.lineage.tell import size

    pipeline = pipeline_of(arguments)
    found = prune(wanted(pipeline), _keys(pipeline), dry_run=arguments.dry_run)
    if arguments.json:
        return answer("prune", found)
    for each in found.removed:
        print(f"{'would remove' if found.is_dry else 'removed'} {each.kind} {each.path}: {size(each.bytes)}")
    for reason in found.kept:
        print(f"kept: {reason}")
    print(f"{size(sum(each.bytes for each in found.removed))} in all")


def _keys(pipeline: Pipeline) -> set[str] | None:
    """Return the names of the caches that pipelines use; None where a file of weights is not there."""
    keys = {pipeline.feature_cache.name}
    try:
        for name in names(pipeline.config):
            other = Pipeline(pipeline.data, name, pipeline.config, settings=load(name, pipeline.config))
            keys.add(other.feature_cache.name)
    except UserError:
        return None
    return keys


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    command = add(commands, prune)
    add_pipeline(command)
    what = "say what would be removed, and remove nothing"
    command.add_argument("--dry-run", action="store_true", help=what)
    add_json(command)
