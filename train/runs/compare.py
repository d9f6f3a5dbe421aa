"""Runs beside each other: their figures, how these differ, paired by photo, and how certain that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from store.errors import UserError
from train import artifact
from train.evaluation import by_photo
from train.evaluation.figures import MEANINGS
from train.evaluation.intervals import LEVEL, Estimate, differences, estimates
from train.runs import seeds
from train.runs.differ import differing, told

OF_WORDS = frozenset(
    ("nll", "nll_known", "perplexity", "unknown", "shuffled_nll", "shuffled_nll_known", "random_nll")
)
"""Figures of runs that know other words say nothing of each other: a loss is over other choices."""
OF_TOKENS = frozenset(
    ("bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "cider", "cider_d", "distinct_1", "distinct_2")
) | {"self_bleu", "other_photo_nats", "photo_nats"}
"""Figures that say nothing of each other where the captions were cut into tokens in other ways."""

OF_ENCODERS = frozenset(("clip_score", "clip_score_shuffled", "clip_score_human"))
"""Figures that say nothing of each other where photos have vectors of other encoders."""


@dataclass(frozen=True)
class Comparison:
    """The figures of a run, and by how much those of others differ.

    Attributes:
        split: `dev` or `train`.
        base: the name of the run that the others are compared with.
        figures: its figures, by name.
        others: of each other run, its figures minus those of the base, over the photos that both measured.
        left_out: why some figures are compared for none of the runs; one text a reason.
        differ: the settings in which runs differ, each with its value in every run, the base's first.
        lower_bounds: the runs that met <UNK>. It costs less than the word that it stands for, so their losses
            per caption and per character are lower bounds.
        over_seeds: the figures of those that differ by their seed alone, pooled.
        level: of the intervals.
    """

    split: str
    base: str
    figures: dict[str, Estimate]
    others: dict[str, dict[str, Estimate]]
    left_out: tuple[str, ...]
    over_seeds: tuple[seeds.OverSeeds, ...]
    differ: dict[str, list[Any]]
    lower_bounds: tuple[str, ...] = ()
    level: float = LEVEL


def compare(runs: Sequence[Path], split: str = "dev") -> Comparison:
    """Compare the first of some runs with each of the others; of a run alone, only tell its figures.

    A draw of the bootstrap takes the same photos for both runs, so what a photo adds to both cancels out: the
    interval of a difference is narrower than those of the two figures suggest.

    Raises:
        MissingStage: a run has not been evaluated, or by an earlier version.
        DamagedFile: a file cannot be read.
        UserError: two runs have no photo in common.
    """
    base, *others = runs
    names = {run: run.name for run in runs}
    if len(set(names.values())) < len(runs):  # runs of several pipelines
        names = {run: str(run) for run in runs}
    tables = {run: by_photo.read(run, split) for run in runs}
    models = [artifact.load(run / "model") for run in runs]
    unlike = _unlike(models, [tables[run] for run in runs])
    found: dict[str, dict[str, Estimate]] = {}
    for run in others:
        mine, theirs = by_photo.paired(tables[run], tables[base])
        if not len(mine["tokens"]):
            raise UserError(
                f"{run.name} and {base.name} were measured on no photo in common, so nothing compares. "
                "Train and evaluate both on one dataset: of the same crawl, with the same dataset.* settings."
            )
        found[names[run]] = _without(differences(mine, theirs), unlike)
    figures = estimates(by_photo.columns_of(tables[base]))
    pooled = tuple(seeds.over_seeds(runs, split))
    differ = differing([told(run) for run in runs])
    met = tuple(names[run] for run in runs if np.nansum(tables[run]["unknown"].to_numpy()))
    return Comparison(split, names[base], figures, found, tuple(unlike), pooled, differ, met)


def _unlike(models: Sequence[artifact.Artifact], tables: Sequence[pa.Table]) -> dict[str, frozenset[str]]:
    """Return which figures of the models say nothing of each other, by the reason."""
    found = {}
    scored = [table for table in tables if table["clip_score"].null_count < len(table)]
    if len(scored) > 1 and len({model.config.features.key for model in models}) > 1:
        found["their CLIPScores are by other encoders"] = OF_ENCODERS
    if len({model.config.tokenizer for model in models}) > 1:
        found["their captions are cut into tokens in other ways"] = OF_WORDS | OF_TOKENS
    elif len({model.vocabulary.tokens for model in models}) > 1:
        found["they know other words"] = OF_WORDS
    return found


def _without(found: Mapping[str, Estimate], unlike: Mapping[str, frozenset[str]]) -> dict[str, Estimate]:
    names = frozenset().union(*unlike.values())
    return {
        name: replace(each, value=None, low=None, high=None) if name in names else each
        for name, each in found.items()
    }


def show(found: Comparison) -> None:
    """Print a table: a row per figure; the base's value, and by how much each other run's differs.

    Of one run alone: its value, and its interval. Runs that differ by their seed alone have a table more.
    """
    heads = [f"{name} minus that" for name in found.others] or [f"{LEVEL:.0%} interval over photos"]
    columns = (Column(head, no_wrap=True) for head in (found.base, *heads))
    table = Table(f"on {found.split}", *columns)
    for name, meaning in MEANINGS.items():
        if (figure := found.figures.get(name)) and figure.value is not None:
            cells = [difference(each[name]) for each in found.others.values()] or [_interval(figure)]
            table.add_row(meaning, f"{figure.value:,.3f}", *cells)
    console = Console()
    _show_settings(console, found)
    console.print(table)
    for reason in found.left_out:
        console.print(f"Some figures are not compared, since of these runs {reason}.")
    if found.left_out and found.lower_bounds:
        met = f"{', '.join(found.lower_bounds)} met <UNK>, which costs less than the word that it stands for"
        console.print(f"{met}: the losses a caption and a character are lower bounds there.")
    if found.others:
        chance = f"{LEVEL:.0%} interval, as for one in twenty figures that do not differ."
        console.print(f"*: 0 lies outside of the {chance}")
    for each in found.over_seeds:
        seeds.show(f"on {found.split}: {', '.join(each.runs)}", len(each.runs), each.figures)


def _show_settings(console: Console, found: Comparison) -> None:
    """Print the settings in which runs differ, before any figure: they say what the figures are of."""
    if found.differ:
        table = Table("what differs", *(Column(name, no_wrap=True) for name in (found.base, *found.others)))
        for name, values in found.differ.items():
            table.add_row(name, *("-" if value is None else Text(str(value)) for value in values))
        console.print(table)


def _interval(found: Estimate) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:,.3f} to {found.high:,.3f}"


def difference(found: Estimate) -> str:
    """Return a difference with its interval, marked where that leaves 0 out."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:+.3f}"
    mark = "*" if found.low > 0 or found.high < 0 else " "
    return f"{found.value:+.3f}{mark} {found.low:+.3f} to {found.high:+.3f}"
