"""One cell: its stages, its training, and its figures."""

from pathlib import Path
from typing import Any

from benchmarks.experiments.cells import DEV_PHOTOS, Cell
from benchmarks.experiments.recipe.follow import OURS, Followed
from commands.pipeline import Pipeline
from commands.stages.command import crawl, dataset
from crawler.memory.drawing import drawing
from store.manifest import read_manifest
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.history import read_log


def figures(cell: Cell, data: Path, weights: str) -> dict[str, Any]:
    """Run every stage of a cell that is not up to date, and return the cell's figures.

    Args:
        data: the folder of all cells' pipelines.
        weights: as `features.weights`.
    """
    pipeline = Pipeline(data, cell.data, settings=cell.settings(weights))
    crawl(pipeline)
    dataset(pipeline)
    vectors = cell.recipe.vectors(pipeline)
    variant = None if cell.recipe == OURS else Followed(cell.recipe, pipeline)
    run = fit(pipeline.settings.train, pipeline.dataset, vectors, pipeline.runs, variant=variant)
    measured = evaluate(run, pipeline.dataset, vectors, captioned=DEV_PHOTOS)
    return {
        "name": cell.name,
        "question": cell.question,
        "photos": cell.photos,
        "captions": cell.captions,
        "weights": weights,
        "drawing": drawing(pipeline.settings.crawl.embedded),
        "run": str(run),
        "train": pipeline.settings.train.model_dump(),
        "manifest": dict(read_manifest(run) or {}),
        "log": read_log(run),
        "evaluation": measured,
    }
