"""Which parts of the published recipe a run follows, and how it comes to follow them."""

from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.experiments.recipe.carry import Carrying
from benchmarks.experiments.recipe.dropout import Redrawn
from benchmarks.experiments.recipe.vectors import fc6, fc7_of, vectors
from commands.pipeline import Pipeline
from commands.stages.command import features
from featurize import read
from featurize.weights import locate
from train.job import Job


@dataclass(frozen=True)
class Recipe:
    """The parts of the published recipe that no setting of training says.

    Attributes:
        carry: the LSTM's state goes on from batch to batch.
        dropout: CaffeNet runs with its dropout on.
        preprocessing: photos are fed to CaffeNet as there.
    """

    carry: bool = False
    dropout: bool = False
    preprocessing: bool = False

    def vectors(self, pipeline: Pipeline) -> Path:
        """Return the cache of the photos' vectors, computed as far as they are missing."""
        if not (self.dropout or self.preprocessing):
            features(pipeline)
            return pipeline.feature_cache
        weights = pipeline.settings.features.weights
        return vectors(pipeline, weights, its_preprocessing=self.preprocessing, dropout=self.dropout)


OURS = Recipe()


@dataclass(frozen=True)
class Followed:
    """A run that follows a recipe; a `train.fit.Variant`."""

    recipe: Recipe
    pipeline: Pipeline

    @property
    def name(self) -> str:
        """What tells it from other runs with the same settings and vectors."""
        return f"published recipe {astuple(self.recipe)}"

    def __call__(self, job: Job) -> None:
        """Change a run before its first update."""
        updater, options = job.updater, job.options
        if self.recipe.carry:
            updater.arithmetic = Carrying(options.batch_size, options.hidden)
        if self.recipe.dropout:
            weights = self.pipeline.settings.features.weights
            cache = fc6(self.pipeline, weights, its_preprocessing=self.recipe.preprocessing)
            photos = read.read(cache, self.pipeline).of(job.train_split.examples.photos)
            layer = fc7_of(locate(weights, self.pipeline.weights))
            updater.vectors = Redrawn(photos, layer, lambda: (options.seed, updater.iteration))
