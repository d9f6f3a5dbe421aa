"""What `bokeru evaluate` found, as it is told to programs: figures of each run, and pooled over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from store.answers.rows import dict_type
from train.evaluation.figures import MEANINGS
from train.runs.seeds import Pooled, pool

Figures: Any = dict_type(
    "Figures",
    {
        **{name: Annotated[float | None, Field(description=meaning)] for name, meaning in MEANINGS.items()},
        "intervals": Annotated[
            dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]],
            Field(description="95%, over photos"),
        ],
    },
    meaning="The figures of a split: docs/evaluation.md. Metrics of other people's code stand beside them.",
    is_open=True,
)
"""The figures of a split, as evaluation.json has them."""


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of one run.

    Attributes:
        run: its name.
        fingerprint: of what it was made from.
        dev: its figures on dev.
        train: its figures on train.
    """

    run: str
    fingerprint: str
    dev: Figures
    train: Figures


@dataclass(frozen=True)
class Evaluations:
    """The evaluations of one run, or of several that differ by their seed alone.

    Attributes:
        runs: one a run.
        pooled: with `--seeds`, for `dev` and `train` the mean of each figure over seeds, and its interval.
    """

    runs: list[Evaluation]
    pooled: dict[str, dict[str, Pooled]] | None = None


def evaluations(runs: Sequence[Path], found: Sequence[Mapping[str, Any]], *, of_seeds: bool) -> Evaluations:
    """Return what `train.evaluation.evaluate` returned for each of the runs as it is told to programs."""
    each = [Evaluation(run.name, **figures) for run, figures in zip(runs, found, strict=True)]
    pooled = {split: pool([figures[split] for figures in found]) for split in ("dev", "train")}
    return Evaluations(each, pooled if of_seeds else None)
