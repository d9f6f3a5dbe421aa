"""Which experiments there are: what each is trained on, and how."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines import Settings

SEED = 2016
EPOCHS_FULL, EPOCHS_FIFTH, EPOCHS_LONG = 30, 15, 100
"""Passes over the captions: as the article's large run, half as many in the grid, as its small run."""


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
    """Return every experiment: those of the article, the grid by its questions, the main cells again."""
    return [*article(), *grid(), *other_seeds()]


def article() -> list[Cell]:
    """Return the article's two experiments at their full size.

    The small one has vectors of length 1: with components scaled one by one, Adam's steps burst late in one
    of three seeds, and its last epoch is what it is compared by.
    """
    small = {"sampling": "one-to-one", "epochs": 100, "dev_every": 5, "standardise": "length"}
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
        Cell(f"{captions} a photo, {EPOCHS_LONG} epochs", "by heart", 6000 // captions, captions,
             {"epochs": EPOCHS_LONG, "dev_every": 10})
        for captions in (15, 1)
    ]  # fmt: skip
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
    return made


def other_seeds() -> list[Cell]:
    """Return the main cells again, with two other seeds of the model's weights, order and draws."""
    main = ("15 a photo", "1 a photo", "random vectors")
    cells = [*(cell for cell in grid() if cell.name in main), *article()]
    return [
        replace(cell, name=f"{cell.name}, seed {seed}", question="seeds", train={**cell.train, "seed": seed})
        for cell in cells
        for seed in (1, 2)
    ]
