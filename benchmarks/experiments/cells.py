"""Which experiments there are: what each is trained on, and how."""

import json
from dataclasses import dataclass, field
from typing import Any

from pipelines import Settings

SEED = 2016
EPOCHS_FULL, EPOCHS_FIFTH = 30, 15
"""Passes over the captions: as many as the article's at its size, half as many in the grid."""


@dataclass(frozen=True)
class Cell:
    """One training run.

    Attributes:
        name: of its row in the results.
        question: the part of docs/experiments.md that it belongs to.
        photos, captions: what the embedded site holds; captions is per photo.
        train: settings that differ from the article's (embedding = hidden = 100, batch 16).
        dataset: settings of the dataset stage that differ from the defaults.
    """

    name: str
    question: str
    photos: int
    captions: int
    train: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """The name of the pipeline that holds its crawl and dataset: cells on the same data share it."""
        narrowed = "-narrow" if self.dataset else ""
        return f"{self.photos}x{self.captions}{narrowed}"

    def settings(self) -> Settings:
        """Return every setting of the cell."""
        site = {"photos": self.photos, "captions_per_photo": self.captions, "seed": SEED}
        crawl = {"site": "embedded", "embedded": site, "delay": 0, "concurrency": 8}
        base = {"keep": "last", "device": "cpu", "threads": 1, "standardise": "component"}
        train = {**base, **self.train}
        return Settings.model_validate_json(
            json.dumps({"crawl": crawl, "dataset": self.dataset, "train": train})
        )


def cells() -> list[Cell]:
    """Return every experiment, those of the article first, then the grid in the order of its questions."""
    return [*article(), *grid()]


def article() -> list[Cell]:
    """Return the article's two experiments at their full size."""
    small = {"sampling": "one-to-one", "epochs": 100, "dev_every": 5}
    return [
        Cell("article-small", "article", 330, 1, small),
        Cell("article-large", "article", 2200, 15, {"epochs": EPOCHS_FULL}),
    ]


def grid() -> list[Cell]:
    """Return the experiments at a fifth of the article's size: about 6,000 captions, a change at a time."""
    fifth = {"epochs": EPOCHS_FIFTH}
    once = {"epochs": 15 * EPOCHS_FIFTH, "dev_every": 15}
    base = (400, 15)
    short = {"standardise": "length"}
    animals = {"labels": ["動物"]}  # about every third photo, so about 400
    made = [Cell("15 a photo", "captions per photo", *base, fifth)]
    made += [
        Cell(f"{captions} a photo", "captions per photo", 6000 // captions, captions, fifth)
        for captions in (5, 2, 1)
    ]
    made += [
        Cell("random vectors", "vectors", *base, {**fifth, "vectors": "random"}),
        Cell("one-to-one", "sampling", *base, {**once, "sampling": "one-to-one"}),
        Cell("one-per-epoch", "sampling", *base, {**once, "sampling": "one-per-epoch"}),
        Cell("photo at every token", "injection", *base, {**fifth, "injection": "every"}),
        Cell("hidden 256", "size", *base, {**fifth, "embedding": 256, "hidden": 256}),
        Cell("vectors as they are", "optimiser", *base, {**fifth, "standardise": "none"}),
        Cell("vectors of length 1", "optimiser", *base, {**fifth, **short}),
        Cell("length 1, at every token", "injection", *base, {**fifth, **short, "injection": "every"}),
        Cell("learning rate 0.003", "optimiser", *base, {**fifth, "learning_rate": 0.003}),
        Cell("twice the epochs", "optimiser", *base, {"epochs": 2 * EPOCHS_FIFTH}),
        Cell("dropout 0.3", "size", *base, {**fifth, "dropout": 0.3}),
        Cell("star weights", "weights", *base, {**fifth, "weight": "stars"}),
        Cell("animals only", "domain", 1290, 15, fifth, animals),
    ]
    mains = {
        "15 a photo": (base, {}),
        "1 a photo": ((6000, 1), {}),
        "random vectors": (base, {"vectors": "random"}),
    }
    made += [
        Cell(f"{name}, seed {seed}", "seeds", *data, {**fifth, **changes, "seed": seed})
        for name, (data, changes) in mains.items()
        for seed in (1, 2)
    ]
    return made
