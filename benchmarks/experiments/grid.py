"""Which experiments there are: the article's two with the switches of the published code, and the grid."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.experiments.cells import Cell
from benchmarks.experiments.recipe.follow import OURS, Recipe

SEEDS = range(5)
EPOCHS_FULL, EPOCHS_FIFTH, EPOCHS_LONG = 30, 15, 100
"""Passes over the captions: as the article's large run, half as many in the grid, as its small run."""
DEPENDENCES = (0.2, 0.6, 1.0)
"""Shares of captions that are written for their photo, for which many right answers are asked about."""
RAW = {"standardise": "none"}
"""Vectors as CaffeNet gives them, as the article had them."""


def cells() -> list[Cell]:
    """Return every experiment but those that depend on results, the article's first."""
    return [*article_small(), *article_large(), *many_right_answers(), *grid()]


def article_small() -> list[Cell]:
    """Return the article's small experiment, and each switch of the published code alone, with five seeds.

    Vectors have length 1: with components scaled one by one, Adam's steps burst late in one of three seeds.
    """
    settings = {"sampling": "one-to-one", "epochs": EPOCHS_LONG, "dev_every": 20, "standardise": "length"}
    main = Cell("article-small", "article-small", 300, 1, settings)
    return _seeds(main, *switched(main))


def article_large() -> list[Cell]:
    """Return the article's large experiment with five seeds, and each switch with one."""
    settings = {"epochs": EPOCHS_FULL, "dev_every": 3, "standardise": "component"}
    main = Cell("article-large", "article-large", 2000, 15, settings)
    return [*_seeds(main), *switched(main)]


def switched(main: Cell) -> Iterator[Cell]:
    """Yield the cell with each switch of the published code turned alone, and with all of them."""
    batches: dict[str, Any] = {"batches": "one-length", "batch_size": 8}
    switches: list[tuple[str, dict[str, Any], Recipe]] = [
        ("batches of one length of 8", batches, OURS),
        ("no shuffling", {"shuffle": False}, OURS),
        ("no clipping", {"clip": None}, OURS),
        ("fc7 as it is", RAW, OURS),
        ("dropout left on in CaffeNet", {}, Recipe(dropout=True)),
        ("its preprocessing", {}, Recipe(preprocessing=True)),
        ("state carried over", {}, Recipe(carry=True)),
        (
            "all of these",
            {**batches, "shuffle": False, "clip": None, **RAW},
            Recipe(carry=True, dropout=True, preprocessing=True),
        ),
    ]
    for name, train, recipe in switches:
        yield replace(main, name=f"{main.name}, {name}", train={**main.train, **train}, recipe=recipe)


def many_right_answers() -> list[Cell]:
    """Return as many captions of few photos and of many, at several shares of captions for their photo."""
    made = []
    for vectors, train in (("raw", RAW), ("length 1", {"standardise": "length"})):
        settings = {"epochs": EPOCHS_FIFTH, "dev_every": EPOCHS_FIFTH, **train}
        for dependence in DEPENDENCES:
            for captions in (15, 1):
                name = f"{captions} a photo, {vectors}, dependence {dependence:g}"
                made.append(
                    Cell(
                        name,
                        "many right answers",
                        6000 // captions,
                        captions,
                        settings,
                        dependence=dependence,
                    )
                )
    return _seeds(*made)


def grid() -> list[Cell]:
    """Return the experiments at a fifth of the article's size: 6,000 captions, a change at a time."""
    fifth = {"epochs": EPOCHS_FIFTH, "dev_every": 3, "standardise": "component"}
    once = {**fifth, "epochs": 15 * EPOCHS_FIFTH, "dev_every": 15 * EPOCHS_FIFTH}
    long = {**fifth, "epochs": EPOCHS_LONG, "dev_every": 10}
    base, short = (400, 15), {"standardise": "length"}
    animals = {"labels": ["動物"]}  # about every third photo, so about 400
    return [
        Cell("15 a photo", "captions per photo", *base, fifth),
        *(
            Cell(f"{captions} a photo", "captions per photo", 6000 // captions, captions, fifth)
            for captions in (5, 2, 1)
        ),
        *(
            Cell(f"{captions} a photo, {EPOCHS_LONG} epochs", "by heart", 6000 // captions, captions, long)
            for captions in (15, 1)
        ),
        Cell("random vectors", "vectors", *base, {**fifth, "vectors": "random"}),
        Cell("one-to-one", "sampling", *base, {**once, "sampling": "one-to-one"}),
        Cell("one-per-epoch", "sampling", *base, {**once, "sampling": "one-per-epoch"}),
        Cell("photo at every token", "injection", *base, {**fifth, "injection": "every"}),
        Cell("length 1, at every token", "injection", *base, {**fifth, **short, "injection": "every"}),
        Cell("hidden 256", "size", *base, {**fifth, "embedding": 256, "hidden": 256}),
        Cell("dropout 0.3", "size", *base, {**fifth, "dropout": 0.3}),
        Cell("learning rate 0.003", "optimiser", *base, {**fifth, "learning_rate": 0.003}),
        Cell("twice the epochs", "optimiser", *base, {**fifth, "epochs": 2 * EPOCHS_FIFTH}),
        Cell("star weights", "weights", *base, {**fifth, "weight": "stars"}),
        Cell("animals only", "domain", 1200, 15, fifth, animals),
    ]


def _seeds(*cells: Cell) -> list[Cell]:
    """Return the cells with five seeds, the first of all before the second of any."""
    return [replace(cell, seed=seed) for seed in SEEDS for cell in cells]
