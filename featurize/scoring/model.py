"""Scores of photos by an .onnx model, which the runner of `features` runs; D values a photo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from featurize.encoder import open_encoder
from featurize.feeding.presets import Method
from featurize.options import FeatureOptions
from featurize.scoring.answer import MOST, scores
from featurize.scoring.rows import Item, Row, failed, scored
from store.errors import UsageError, UserError, with_status

OPTIONS = {
    "--set features.size=": "--size ",
    "features.size": "--size",
    "features.layer": "--output",
    "features.pool": "--pool",
    "features.preprocess": "--preprocess",
    "features.seconds": "--seconds",
    "features.memory_gb": "--memory",
    "features.weights": "--model",
}
"""What `bokeru score` calls the settings of features that it takes for a model."""


class PhotoModel:
    """A model that gives each photo some numbers.

    Args:
        weights: the folder that keeps what is known of weights files.
        settings: of features.
        labels: a name for each number; without any, they are numbered from 0.

    Attributes:
        threads: how many may call it at once.

    Raises:
        UsageError: it gives too many numbers, or not one for each label.
        UserError: ONNX Runtime cannot run it.
    """

    def __init__(
        self,
        path: Path,
        weights: Path,
        name: str,
        settings: Mapping[str, Any],
        labels: Sequence[str],
    ) -> None:
        if (preprocess := settings["preprocess"]) not in get_args(Method):
            raise UsageError(f"--preprocess {preprocess}: there are {', '.join(get_args(Method))}")
        options = FeatureOptions.model_validate(settings)
        try:
            self._encoder = open_encoder(options, weights)
        except UserError as error:
            raise with_status(_with_options(str(error)), error.exit_status) from error
        self._name, count = name, self._encoder.dimensions
        self.threads = self._encoder.threads
        if count > MOST:
            raise UsageError(
                f"{path} gives {count:,} values a photo, at most {MOST} are scores. Name another: --output"
            )
        if labels and len(labels) != count:
            raise UsageError(f"{path} gives {count} values a photo, and --labels names {len(labels)}")
        self._labels = labels or tuple(map(str, range(count)))

    def rows(self, items: Sequence[Item]) -> list[Row]:
        """Return the rows of some photos, in order. Thread-safe."""
        made = self._encoder.rows([(item.sha256, item.image or b"") for item in items])
        return [self._row(item, row) for item, row in zip(items, made, strict=True)]

    def _row(self, item: Item, row: Row) -> Row:
        if row["outcome"] != "ok":
            return failed(item, _with_options(str(row["error"])))
        values = np.asarray(row["vector"], np.float64).tolist()
        one = len(values) == 1 and self._labels == ("0",)
        answer = values[0] if one else dict(zip(self._labels, values, strict=True))
        try:
            return scored(item, scores(self._name, answer))
        except ValueError as error:
            return failed(item, str(error))


def _with_options(message: str) -> str:
    """Return a message that names settings of features with the options of `bokeru score` in their place."""
    for setting, option in OPTIONS.items():
        message = message.replace(setting, option)
    return message
