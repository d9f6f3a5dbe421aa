"""`bokeru push`: a dataset, or a model, to the Hugging Face Hub."""

import argparse

from commands.arguments import Commands, add, add_pipeline, add_run, pipeline_of
from commands.lineage import require_dataset, wanted
from commands.pipeline import Pipeline
from store.errors import UsageError


def push(arguments: argparse.Namespace) -> None:
    """Send a pipeline's dataset, or with --model a run's model, to the Hugging Face Hub: to a private
    repository, unless told otherwise."""
    if arguments.run and not arguments.model:
        raise UsageError("--run names a model: add --model, or leave it out")
    pipeline = pipeline_of(arguments)
    send = _send_model if arguments.model else _send_dataset
    address = send(pipeline, arguments)
    print(f"pushed to {address}, {'publicly' if arguments.public else 'privately'}")


def _send_dataset(pipeline: Pipeline, arguments: argparse.Namespace) -> str:
    from dataset.export.push import push

    require_dataset(pipeline)
    return push(pipeline.dataset, arguments.repository, public=arguments.public)


def _send_model(pipeline: Pipeline, arguments: argparse.Namespace) -> str:
    from train.lineage.choose import choose
    from train.sharing.push import push_model

    chosen = choose(wanted(pipeline), arguments.run)
    print(f"push: {chosen}")
    return push_model(chosen.run, arguments.repository, public=arguments.public)


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    command = add(commands, push)
    add_pipeline(command)
    command.add_argument("repository", metavar="REPO", help="its name on the Hub: owner/name")
    command.add_argument(
        "--model", action="store_true", help="send a run's model and its card, not the dataset"
    )
    add_run(command)
    command.add_argument(
        "--public", action="store_true", help="for everybody; refused unless every row's licence allows it"
    )
