"""What a pipeline's settings want of its stages, for the commands: asked before a stage reads its input."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from commands.pipeline import Pipeline
from pipelines import load
from store.errors import UsageError, UserError
from store.place import Place

if TYPE_CHECKING:
    from train.lineage.wanted import Wanted


def wanted(pipeline: Pipeline) -> "Wanted":
    """Return the settings that decide what the pipeline's stages make."""
    from train.lineage.wanted import Wanted

    settings = pipeline.settings
    return Wanted(
        Place(pipeline.data, pipeline.name, pipeline.config),
        tuple(pipeline.crawls),
        settings.dataset,
        settings.features,
        settings.train,
        _cache(pipeline),
        _held_out(pipeline),
        pipeline.overrides,
    )


def by_name(pipeline: Pipeline) -> Callable[[str], "Wanted | None"]:
    """Return the function that says what any pipeline of the same config file wants; None of one that is not
    in it. What `--set` gave holds for this pipeline alone."""

    @cache
    def find(name: str) -> "Wanted | None":
        if name == pipeline.name:
            return wanted(pipeline)
        try:
            settings = load(name, pipeline.config)
        except UsageError:
            return None
        return wanted(Pipeline(pipeline.data, name, pipeline.config, settings=settings))

    return find


def contacts(pipeline: Pipeline) -> Callable[[str], str | None]:
    """Return the function that says whom owners can write to, of any pipeline of the same config file."""

    @cache
    def find(name: str) -> str | None:
        if name == pipeline.name:
            return pipeline.settings.crawl.contact
        try:
            return load(name, pipeline.config).crawl.contact
        except UsageError:
            return None

    return find


def _cache(pipeline: Pipeline) -> Path | None:
    try:
        return pipeline.feature_cache
    except UserError:  # who needs it says so
        return None


def _held_out(pipeline: Pipeline) -> int | None:
    """Return the first odai of the embedded site's evaluation photos, which are in dev; None elsewhere."""
    if not pipeline.is_drawn:
        return None
    from demo.evaluation import evaluation_odai

    return evaluation_odai(1)[0]


def require_dataset(pipeline: Pipeline) -> None:
    """Stop where there is no dataset, or not the one that the pipeline wants; name an older layout.

    Raises:
        MissingStage, StaleInput: as `train.lineage.inputs.require_dataset`.
    """
    from train.lineage.inputs import require_dataset

    pipeline.require_dataset()
    require_dataset(wanted(pipeline))


def require_vectors(pipeline: Pipeline) -> None:
    """Stop where the vectors that the settings name are not there.

    Raises:
        MissingStage: as `train.lineage.inputs.require_vectors`.
    """
    from train.lineage.inputs import require_vectors

    require_vectors(wanted(pipeline))
