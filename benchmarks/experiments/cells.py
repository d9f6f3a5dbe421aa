"""A cell: what one training run is made of, and what of the published code's recipe it follows."""

import json
from dataclasses import dataclass, field
from typing import Any

from benchmarks.experiments.recipe.follow import OURS, Recipe
from pipelines import Settings

SITE_SEED = 2016
DEV_PHOTOS = 2401
"""Photos of dev, the same for every cell. Half of the 95% interval of a share p is 1.96 sqrt(p (1 - p) / n),
and at most 0.02 whatever p is where n is at least 0.25 (1.96 / 0.02)^2 = 2,401."""
DEV_CAPTIONS = 2
"""Captions of each of them."""


@dataclass(frozen=True)
class Cell:
    """One training run.

    Attributes:
        name: of its row in the results; runs that differ by their seed share it.
        question: the part of docs/experiments.md that it belongs to.
        photos, captions: what the embedded site holds to learn from; captions is per photo.
        train: settings that differ from the article's (embedding = hidden = 100, batch 16).
        dataset: settings of the dataset stage that differ from the defaults.
        dependence: the share of captions that are written for their photo.
        recipe: what no setting says.
        seed: of the model's weights, order and draws.
    """

    name: str
    question: str
    photos: int
    captions: int
    train: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    dependence: float = 1.0
    recipe: Recipe = OURS
    seed: int = 0

    @property
    def title(self) -> str:
        """The name within its question."""
        return self.name.removeprefix(f"{self.question}, ")

    @property
    def data(self) -> str:
        """The name of the pipeline that holds its crawl and dataset: cells on the same data share it."""
        narrowed = "-narrow" if self.dataset else ""
        loose = f"-dependence-{self.dependence:g}" if self.dependence < 1 else ""
        return f"{self.photos}x{self.captions}{loose}{narrowed}".replace(".", "_")

    @property
    def file(self) -> str:
        """The name of the file with its figures."""
        name = self.name.replace(" ", "-").replace(",", "").replace(".", "_")
        return f"{name}-seed-{self.seed}.json"

    def settings(self, weights: str = "untrained") -> Settings:
        """Return every setting of the cell.

        Args:
            weights: as `features.weights`.
        """
        site = {
            "photos": self.photos,
            "captions_per_photo": self.captions,
            "seed": SITE_SEED,
            "dependence": self.dependence,
            "evaluation_photos": DEV_PHOTOS,
            "evaluation_captions": DEV_CAPTIONS,
        }
        crawl = {"site": "embedded", "embedded": site, "delay": 0, "concurrency": 8}
        base = {"keep": "last", "device": "cpu", "threads": 1, "seed": self.seed}
        # What is carried over is in no snapshot, so that such a run begins again after a kill.
        base |= {"snapshot_seconds": 1e9} if self.recipe.carry else {}
        every = {
            "crawl": crawl,
            "dataset": {"dev_fraction": 0, **self.dataset},
            "features": {"weights": weights},
            "train": {**base, **self.train},
        }
        return Settings.model_validate_json(json.dumps(every))
