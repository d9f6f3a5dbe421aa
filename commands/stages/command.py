"""The stages, one at a time or in order."""

import argparse
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from commands.arguments import (
    Commands,
    add,
    add_json,
    add_pipeline,
    add_run,
    add_settings,
    add_verbose,
    pipeline_of,
    positive,
)
from commands.lineage import require_dataset, wanted
from commands.pipeline import Pipeline
from commands.stages.embedded import served, with_evaluation, write_floor
from commands.stages.notices import notice_at_end, notifying
from commands.stages.training import evaluate, train
from crawler.options import CrawlOptions
from pipelines import Settings, load
from store.errors import UsageError
from store.notify.options import NotifyOptions
from store.photo.options import limited
from store.place import DATA
from store.register.crawl_end import incomplete

if TYPE_CHECKING:
    from dataset.builds.diff import Changes

log = logging.getLogger(__name__)


@notifying
def crawl(pipeline: Pipeline, retry_failed: bool = False) -> None:
    """Fetch what is still missing of the pipeline's pages and photos."""
    from crawler.crawl import crawl

    if not pipeline.has_crawl:
        raise UsageError(
            f"{pipeline.name} has no `crawl:` in {pipeline.config}, and its data come from elsewhere "
            "(an import, or dataset.also), so there is no site to crawl. Name one: --set crawl.site=ADDRESS"
        )
    options = pipeline.settings.crawl
    report = crawl(
        options,
        pipeline.crawl,
        site=served(options),
        pipeline=pipeline.name,
        retry_failed=retry_failed,
        notify=pipeline.settings.notify,
    )
    if not report:
        print(f"crawl: up to date{options.revisits.told()}")


@contextmanager
def crawl_job(name: str | None) -> Iterator[tuple[CrawlOptions, Path, str | None, NotifyOptions]]:
    """Yield what `scrapy crawl bokete -a pipeline=NAME` needs: settings, directory, address, whom to tell.

    Scrapy's commands find this function by the entry point `job` of the group `bokeru.crawl`.

    Args:
        name: the pipeline's; None stands for one without any settings, whose site is the embedded one.
    """
    pipeline = Pipeline(DATA, name or "demo", settings=load(name) if name else Settings())
    settings = pipeline.settings
    with (
        limited(settings.photos),
        notice_at_end(pipeline, "crawl"),
        served(settings.crawl) as address,
    ):
        yield settings.crawl, pipeline.crawl, address, settings.notify


def dataset(pipeline: Pipeline, dry_run: bool = False, *, force: bool = False) -> None:
    """Build the dataset from the crawl; on the embedded site, with the least loss that a model can reach."""
    from dataset.build.stage import build
    from dataset.read import older_layout, summary

    if older_layout(pipeline.dataset):
        print(f"dataset: {pipeline.dataset} has an older layout, and is built anew; photos keep their split")
    options = with_evaluation(pipeline)
    rule = pipeline.settings.crawl.stand_ins
    built = build(
        options,
        pipeline.crawls,
        pipeline.dataset,
        name=pipeline.name,
        stand_in_rule=rule,
        told=_tell,
        dry_run=dry_run,
        force=force,
    )
    if dry_run:
        return print("dataset: nothing was changed" if built else "dataset: up to date")
    if pipeline.is_drawn:
        write_floor(pipeline, built=built)
    print(summary(pipeline.dataset) if built else "dataset: up to date")
    for left in filter(None, map(incomplete, pipeline.crawls)):
        print(f"         warning: {left}")


def _tell(changes: "Changes | None") -> None:
    """Print what differs from the dataset that is about to be replaced."""
    lines = (
        ["the first build, so there is nothing to compare it with"] if changes is None else changes.lines()
    )
    print("\n".join(f"dataset: {line}" for line in lines), flush=True)


@notifying
def features(pipeline: Pipeline, mirror: str | None = None, *, force: bool = False) -> None:
    """Compute and cache the vectors of the photos that have none yet."""
    from featurize.extract import extract
    from featurize.fetch import CAFFENET, fetch

    require_dataset(pipeline)
    if mirror is not None:
        if (weights := pipeline.settings.features.weights) != CAFFENET.name:
            why = f"features.weights is {weights!r}, of which there is none"
            raise UsageError(
                f"--mirror names another address of {CAFFENET.name}'s weights; {why}. Leave it out"
            )
        fetch(CAFFENET, pipeline.weights, mirror)
    folders = (pipeline.dataset, pipeline.features, pipeline.weights)
    extract(pipeline.settings.features, *folders, force=force)


STAGES: dict[str, Callable[[Pipeline], None]] = {
    "crawl": crawl,
    "dataset": dataset,
    "features": features,
    "train": train,
    "evaluate": evaluate,
}


FORCED = {
    "dataset": "build it anew",
    "features": "compute the vectors of all its photos anew",
    "train": "train from the first update",
}
"""What `--force` does, by stage."""
SEEDED = {"train": "train", "evaluate": "measure"}
"""What `--seeds` asks for, by stage."""


def run(pipeline: Pipeline, *, dry_run: bool = False) -> None:
    """Run every stage in order; stages that are up to date say so. Imported data are not crawled for."""
    if dry_run:
        from train.lineage.status import status
        from train.lineage.tell import plan

        return print("\n".join(plan(status(wanted(pipeline)), has_crawl=pipeline.has_crawl)))
    started = time.monotonic()
    stages = {name: stage for name, stage in STAGES.items() if name != "crawl" or pipeline.has_crawl}
    for number, (name, stage) in enumerate(stages.items(), 1):
        print(f"[{number}/{len(stages)}] {name}, after {time.monotonic() - started:.0f} s", flush=True)
        stage(pipeline)


def demo(pipeline: Pipeline) -> None:
    """Run every stage on the embedded site, then show what the model learned."""
    from demo.captions.gloss import gloss
    from train.evaluation.report import report
    from train.lineage.choose import choose

    run(pipeline)
    report(choose(wanted(pipeline)).run, pipeline.dataset, gloss=gloss)


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    for name, stage in {**STAGES, "run": run}.items():
        command = add(commands, _on_pipeline(stage), name)
        add_pipeline(command)
        add_verbose(command)
        if name == "crawl":
            command.add_argument(
                "--retry-failed", action="store_true", help="fetch again what ended as error or drift"
            )
            command.set_defaults(command=_crawl)
        if name in FORCED:
            command.add_argument("--force", action="store_true", help=f"{FORCED[name]}, though up to date")
            command.set_defaults(command=_dataset if name == "dataset" else _features)
        if name in SEEDED:
            seeds = f"{SEEDED[name]} so many models that differ by train.seed alone, and pool their figures"
            command.add_argument("--seeds", type=positive, metavar="N", help=seeds)
            command.set_defaults(command=_train if name == "train" else _evaluate)
        if name == "evaluate":
            add_json(command, "the figures")
            add_run(command)
        if name == "run":
            what = "say what would be done, and do nothing"
            command.add_argument("--dry-run", action="store_true", help=what)
            command.set_defaults(command=_run)
        if name == "features":
            command.add_argument(
                "--mirror",
                metavar="ADDRESS",
                help="another address of CaffeNet's weights, where these are fetched",
            )
        if name == "dataset":
            command.add_argument(
                "--dry-run", action="store_true", help="say what would differ, and leave the dataset as it is"
            )
    command = add(commands, _on_pipeline(demo), "demo")
    command.set_defaults(pipeline="demo")
    add_settings(command)
    add_verbose(command)


def _train(arguments: argparse.Namespace) -> None:
    train(pipeline_of(arguments), force=arguments.force, seeds=arguments.seeds)


def _evaluate(arguments: argparse.Namespace) -> None:
    if arguments.run and arguments.seeds:
        raise UsageError("--run names one run, --seeds several by their settings. Give one of them")
    evaluate(pipeline_of(arguments), seeds=arguments.seeds, run=arguments.run, as_json=arguments.json)


def _crawl(arguments: argparse.Namespace) -> None:
    crawl(pipeline_of(arguments), arguments.retry_failed)


def _dataset(arguments: argparse.Namespace) -> None:
    dataset(pipeline_of(arguments), arguments.dry_run, force=arguments.force)


def _features(arguments: argparse.Namespace) -> None:
    features(pipeline_of(arguments), arguments.mirror, force=arguments.force)


def _run(arguments: argparse.Namespace) -> None:
    run(pipeline_of(arguments), dry_run=arguments.dry_run)


def _on_pipeline(stage: Callable[[Pipeline], None]) -> Callable[[argparse.Namespace], None]:
    def command(arguments: argparse.Namespace) -> None:
        stage(pipeline_of(arguments))

    command.__doc__ = stage.__doc__
    return command
