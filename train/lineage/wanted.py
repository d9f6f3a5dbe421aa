"""What a pipeline wants: the settings that decide what its stages make, and where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset.options import DatasetOptions
from featurize.options import FeatureOptions
from store.place import Place
from train.options import TrainOptions

LATER = {"dataset": ("features", "train", "web"), "features": ("train", "web"), "train": ("web",)}
"""By stage the groups of settings that belong to later stages alone."""


@dataclass(frozen=True)
class Wanted:
    """A pipeline's settings, as far as they decide rows, tokens, vectors or losses.

    Args:
        place: where its stages lie.
        crawls: what its dataset is built from.
        dataset, features, train: its settings, `--set` among them.
        cache: the cache of vectors that the settings name, whether it is there or not; None where their file
            of weights is not there.
        held_out: odai from this number on are in dev because of the crawl's settings.
        overrides: what was given with `--set`, as it was given.
    """

    place: Place
    crawls: Sequence[Path]
    dataset: DatasetOptions
    features: FeatureOptions
    train: TrainOptions
    cache: Path | None
    held_out: int | None = None
    overrides: tuple[str, ...] = ()

    def command(self, stage: str, *arguments: str) -> str:
        """Return the command line that runs a stage with these settings, ready for a shell.

        What `--set` gave is repeated, but for settings that the stage does not depend on.
        """
        sets = [each for each in self.overrides if each.partition(".")[0] not in LATER.get(stage, ())]
        return self.place.command(stage, *(["--set", *sets] if sets else []), *arguments)
