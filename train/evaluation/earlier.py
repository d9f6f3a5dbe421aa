"""An evaluation that is there: what it was made from, and whether it still holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset import read
from featurize.words.open import Words
from store.errors import DamagedFile
from store.manifest import changed, fingerprint, read_manifest
from store.plugins.find import Plugin
from store.whole_file import read_object
from train.data import dataset_manifest
from train.runs.find import EVALUATION

FORMAT = 8
"""Of evaluation.json: an evaluation of another format is made again."""
CAPTIONED = 500
"""At most so many photos of a split are captioned, its first ones, unless somebody asks for more."""


def key_of(
    run: Path,
    dataset: Path,
    features: Path,
    plugins: Sequence[Plugin],
    sample: int,
    captioned: int = CAPTIONED,
    words: Words | None = None,
) -> str:
    """Return the fingerprint of the evaluation that a run, a dataset and its vectors make.

    Args:
        plugins: metrics of other people's code.
        sample, captioned, words: as `train.evaluation.evaluate.evaluate` takes them.

    Raises:
        MissingStage: the dataset is not there.
        UsageError: the text tower is not there.
    """
    return fingerprint(
        *(
            FORMAT,
            (read_manifest(run) or {}).get("fingerprint"),
            dataset_manifest(dataset)["fingerprint"],
            features.name,
            read.floor(dataset),
            read.floor(dataset, known=True),
            sample,
            captioned,
        ),
        *([[f"{plugin.name} {plugin.version}" for plugin in plugins]] if plugins else []),
        *([{"text": words.identity}] if words else []),
    )


def earlier(run: Path, key: str) -> dict[str, Any] | None:
    """Return the evaluation of a run if it was made from the same model and data, and is whole; else None."""
    if {*EVALUATION} & {*changed(run)} or not all((run / name).is_file() for name in EVALUATION):
        return None
    try:
        figures = read_object(run / "evaluation.json")
    except (FileNotFoundError, DamagedFile):
        return None
    return figures if figures.get("fingerprint") == key else None
